import { MmsrError } from '../errors.js';
import { lastLine } from './run-tool.js';

/** What pip says when it reaches no server, or one that has nothing of this name. */
const PIP_UNREACHABLE =
  /connection (broken|refused|reset|aborted)|name resolution|timed out|unreachable|ProxyError|SSLError|from versions: none/i;

/** What npm says when it reaches no server. */
const NPM_UNREACHABLE = /failed, reason:|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN/;

/** Why pip did not download a wheel, in its words, and what to do. */
export function pipFailure(wheel: { name: string; version: string }, output: string): MmsrError {
  const what = `pip could not download ${wheel.name} ${wheel.version}`;
  if (/DO NOT MATCH THE HASHES|HashMismatch/i.test(output)) {
    return new MmsrError('E_INSTALL', `${what}: the file does not have the digest it must have`, {
      advice:
        'Try again; if that does not help, PIP_INDEX_URL or PIP_FIND_LINKS lead to another file.',
    });
  }
  if (PIP_UNREACHABLE.test(output)) {
    const said = connectionProblem(output) ?? lastLine(output, PIP_UNREACHABLE);
    return new MmsrError('E_INSTALL', `${what}: ${said}`, {
      advice:
        'See that the network reaches the Python package index, or set HTTPS_PROXY or PIP_INDEX_URL. Without a network, put the wheel into a folder and set PIP_NO_INDEX=1 and PIP_FIND_LINKS=FOLDER.',
    });
  }
  return new MmsrError('E_INSTALL', `${what}: ${lastLine(output, /error/i) || lastLine(output)}`, {
    advice: 'See that the disk has room, and that PIP_INDEX_URL, if it is set, has this version.',
  });
}

/** Such as `Failed to establish a new connection: [Errno 111] Connection refused`, out of pip's warning. */
function connectionProblem(output: string): string | undefined {
  const broken = /after connection broken by '(.*)':/.exec(
    lastLine(output, /connection broken by/),
  );
  return broken?.[1]?.replace(/^.*>: /, '').replace(/['")]+$/, '');
}

/** Why npm did not download a package, in its words, and what to do. */
export function npmFailure(name: string, output: string): MmsrError {
  const said =
    lastLine(output, /failed, reason:/) ||
    lastLine(output, /No matching version|npm (error|ERR!) [45]\d\d/) ||
    lastLine(output, /npm (error|ERR!) (?!A complete log)\S/) ||
    lastLine(output);
  const advice = NPM_UNREACHABLE.test(output)
    ? 'See that the network reaches the npm registry, or set HTTPS_PROXY or npm_config_registry.'
    : 'See that the npm registry that is set has this version (`npm config get registry`).';
  const message = `npm could not download ${name}: ${said.replace(/^npm (error|ERR!) /, '')}`;
  return new MmsrError('E_INSTALL', message, { advice });
}
