import { MmsrError, type Static, Type } from '@mmsr/core';

const closed = { additionalProperties: false } as const;

const Pattern = Type.Object(
  {
    pattern: Type.String({
      minLength: 1,
      description: 'Regular expression on the path; its first group, or else all of it, counts.',
    }),
  },
  closed,
);

const Positive = Type.Number({ exclusiveMinimum: 0 });

/** One magnification, or where in its path a file says it. */
export const MagnificationRule = Type.Union(
  [
    Positive,
    Pattern,
    Type.Object(
      { folders: Type.Record(Type.String({ minLength: 1 }), Positive, { minProperties: 1 }) },
      closed,
    ),
  ],
  {
    description:
      'Native objective power, where the files do not say it: a number, {pattern: ...} on the path, ' +
      'or {folders: {NAME: number}}.',
  },
);

export const MicronsRule = Type.Union(
  [Positive, Type.Record(Type.String({ minLength: 1 }), Positive, { minProperties: 1 })],
  {
    description:
      'Native resolution, where the files do not say it: a number, or one per magnification, {"20": 0.5}.',
  },
);

export const GroupRule = Type.Union([Type.String({ minLength: 1 }), Pattern], {
  description:
    'Slide or patient: a name or {pattern: ...} on the path; by default each file is one.',
});

/**
 * The magnification that a rule gives a file.
 * @param id path of the file with slashes
 * @throws MmsrError E_DATA naming the file when its path says none, or several
 */
export function magnificationOf(
  rule: Static<typeof MagnificationRule> | undefined,
  id: string,
): number | undefined {
  if (typeof rule !== 'object') return rule;
  const found = 'pattern' in rule ? numbersIn(id, rule.pattern) : foldersIn(id, rule.folders);
  const [magnification] = found;
  if (found.length === 1 && magnification !== undefined) return magnification;
  const how = 'pattern' in rule ? `the pattern ${rule.pattern}` : 'a folder of `folders`';
  throw new MmsrError(
    'E_DATA',
    found.length === 0
      ? `its path says no magnification by ${how}`
      : `its path says several magnifications by ${how}: ${found.join(', ')}`,
    { where: id, advice: 'Correct `magnification`, or leave the file out of `paths`.' },
  );
}

function numbersIn(id: string, pattern: string): number[] {
  const numbers = matchesOf(id, pattern, 'magnification').map(Number);
  return [...new Set(numbers.filter((number) => number > 0))];
}

function foldersIn(id: string, folders: Readonly<Record<string, number>>): number[] {
  const parts = new Set(id.split('/').slice(0, -1));
  const named = Object.entries(folders).filter(([folder]) => parts.has(folder));
  return [...new Set(named.map(([, magnification]) => magnification))];
}

/**
 * The group that a rule gives a file.
 * @throws MmsrError E_DATA naming the file when the pattern is not in its path
 */
export function groupOf(
  rule: Static<typeof GroupRule> | undefined,
  id: string,
): string | undefined {
  if (typeof rule !== 'object') return rule;
  const [group] = matchesOf(id, rule.pattern, 'group');
  if (group !== undefined && group !== '') return group;
  throw new MmsrError('E_DATA', `its path says no group by the pattern ${rule.pattern}`, {
    where: id,
    advice: 'Correct `group`, or leave the file out of `paths`.',
  });
}

function matchesOf(id: string, pattern: string, key: string): string[] {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'gu');
  } catch (error) {
    throw new MmsrError('E_DATA', `is no regular expression: ${pattern}`, {
      where: `${key}.pattern`,
      cause: error,
    });
  }
  return [...id.matchAll(expression)].map((match) => match[1] ?? match[0]);
}
