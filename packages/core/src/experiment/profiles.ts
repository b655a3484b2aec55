import { MmsrError } from '../errors.js';
import { suggest } from '../plugins/nearest.js';
import { isJsonObject, show, type Json, type JsonObject } from './json.js';
import { setKey } from './overrides.js';
import type { Positions } from './positions.js';

/** Named sets of overrides: `profiles: {small: {training.steps: 200}}`. */
const KEY = 'profiles';

/** Fit for a folder, as a name of an experiment is. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Takes `profiles` out of the data and sets what the chosen one says, as `--set` would. The experiment's
 * name gets the profile's at its end, so that their results lie apart.
 * @param chosen the name of a profile; by default none
 * @returns E_EXPERIMENT for what is wrong with any profile, E_COMMAND_LINE for a name that there is not
 */
export function applyProfile(
  data: JsonObject,
  positions: Positions,
  chosen: string | undefined,
): MmsrError[] {
  const { [KEY]: profiles = {} } = data;
  delete data[KEY];
  const problems = profileFaults(profiles, positions);
  if (problems.length > 0 || chosen === undefined) return problems;
  const profile = Object.hasOwn(profiles as JsonObject, chosen)
    ? ((profiles as JsonObject)[chosen] as JsonObject)
    : undefined;
  if (profile === undefined) return [unknownProfile(chosen, Object.keys(profiles as JsonObject))];
  return applySettings(data, positions, chosen, profile);
}

function applySettings(
  data: JsonObject,
  positions: Positions,
  chosen: string,
  profile: JsonObject,
): MmsrError[] {
  if (!Object.hasOwn(profile, 'name') && typeof data.name === 'string') {
    data.name = `${data.name}-${chosen}`;
  }
  return Object.entries(profile).flatMap(([key, value]) => {
    const where = positions.ofKey([KEY, chosen, key]);
    const fault = setKey(data, positions, { key, value, where });
    return fault === undefined ? [] : [new MmsrError('E_EXPERIMENT', ...fault)];
  });
}

function profileFaults(profiles: Json, positions: Positions): MmsrError[] {
  const wrong = (path: readonly string[], message: string) => {
    const where = positions.ofValue([KEY, ...path]);
    return new MmsrError('E_EXPERIMENT', message, { where });
  };
  if (!isJsonObject(profiles)) {
    return [
      wrong([], `${KEY}: expected a mapping from names to settings; found ${show(profiles)}`),
    ];
  }
  return Object.entries(profiles).flatMap(([name, settings]) => {
    if (!NAME.test(name)) return [wrong([name], `${KEY}: "${name}" is no name for a folder`)];
    if (isJsonObject(settings)) return [];
    const message = `expected a mapping from keys, such as training.steps, to values`;
    return [wrong([name], `${KEY}.${name}: ${message}; found ${show(settings)}`)];
  });
}

function unknownProfile(chosen: string, known: readonly string[]): MmsrError {
  const advice = known.length === 0 ? 'The file has no `profiles`.' : suggest(chosen, known);
  return new MmsrError('E_COMMAND_LINE', `no profile is named "${chosen}"`, {
    where: `--profile ${chosen}`,
    advice,
  });
}
