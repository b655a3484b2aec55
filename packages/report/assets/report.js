'use strict';
// The page is whole without this script, which adds what paper cannot do.

// Before printing, what is closed is opened; what the reader had closed is closed again afterwards.
let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details:not([open])')];
  for (const details of opened) details.open = true;
});
addEventListener('afterprint', () => {
  for (const details of opened) details.open = false;
});

/** Largest enlargement of an image when it is first shown. */
const MOST_ZOOM = 4;

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** A labelled choice among `options`, each a value and its name. */
function choice(label, options, value) {
  const select = make(
    'select',
    {},
    ...options.map(([key, name]) => make('option', { value: key, textContent: name })),
  );
  select.value = value;
  return { select, field: make('label', {}, `${label} `, select) };
}

/** Lays two pictures of an example over each other, the right one cut off at a line that can be moved. */
function compare(figure) {
  const pictures = [...figure.querySelectorAll('img')];
  const named = (key) => pictures.find((picture) => picture.dataset.panel === key);
  const options = pictures.map(({ dataset }) => [dataset.panel, dataset.name]);
  const { width: widthPx, height: heightPx } = attributesOf(named('hr'));
  const fits = Math.floor((figure.clientWidth || widthPx) / widthPx);
  const left = choice('Left', options, 'bicubic');
  const right = choice('Right', options, 'sr');
  const zooms = [1, 2, 3, 4, 6, 8].map((factor) => [String(factor), `${factor}×`]);
  const zoom = choice('Zoom', zooms, String(Math.min(MOST_ZOOM, Math.max(1, fits))));
  const range = make('input', { type: 'range', min: '0', max: '100', value: '50' });
  range.setAttribute('aria-label', 'Where the left image ends, in percent');
  const under = make('img');
  const over = make('img', { className: 'over' });
  const line = make('div', { className: 'line' });
  const stage = make('div', { className: 'stage' }, under, over, line);
  const frame = make('div', { className: 'frame' }, stage);
  const show = () => {
    for (const [image, { select }] of [
      [under, left],
      [over, right],
    ]) {
      const picture = named(select.value);
      if (image.src !== picture.src) image.src = picture.src;
      image.alt = picture.alt;
    }
    const names = [left, right].map(({ select }) => named(select.value).dataset.name);
    range.setAttribute('aria-valuetext', `${range.value} % ${names[0]}, the rest ${names[1]}`);
    stage.style.setProperty('--at', `${range.value}%`);
    stage.style.width = `${widthPx * zoom.select.value}px`;
    range.style.width = stage.style.width;
    stage.style.height = `${heightPx * zoom.select.value}px`;
  };
  const follow = (event) => {
    const { left: from, width } = stage.getBoundingClientRect();
    range.value = String(Math.round((100 * (event.clientX - from)) / width));
    show();
  };
  stage.addEventListener('pointerdown', (event) => {
    stage.setPointerCapture(event.pointerId);
    follow(event);
  });
  stage.addEventListener('pointermove', (event) => {
    if (stage.hasPointerCapture(event.pointerId)) follow(event);
  });
  for (const { select } of [left, right, zoom]) select.addEventListener('change', show);
  range.addEventListener('input', show);
  const controls = make('div', { className: 'controls' }, left.field, right.field, zoom.field);
  figure.append(make('div', { className: 'viewer' }, frame, range, controls));
  figure.classList.add('enhanced');
  show();
}

function attributesOf(image) {
  return {
    width: Number(image.getAttribute('width')),
    height: Number(image.getAttribute('height')),
  };
}

for (const figure of document.querySelectorAll('.example')) compare(figure);
