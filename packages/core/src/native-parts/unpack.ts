import { MmsrError } from '../errors.js';
import { runPython } from './python.js';
import { lastLine } from './run-tool.js';

export interface UnpackRequest {
  /** A wheel or zip file, or a .tgz. */
  readonly archive: string;
  readonly folder: string;
  /** Patterns of member names; * stands for any characters, slashes included. */
  readonly members: readonly string[];
  /** Patterns of members to leave out all the same. */
  readonly except?: readonly string[];
  /** How many leading folders of the member names are dropped. */
  readonly strip?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Streams the chosen members, keeping which of them can be executed; prints how many there were. */
const SCRIPT = `
import fnmatch, json, shutil, stat, tarfile, zipfile
archive, folder, members, left_out, strip = json.loads(sys.argv[1])

def chosen(name):
    matches = lambda patterns: any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    return matches(members) and not matches(left_out)

def write(name, source, executable):
    parts = name.split('/')[strip:]
    if '..' in parts or name.startswith('/'):
        raise SystemExit(f'{name} would leave the folder')
    path = os.path.join(folder, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with source, open(path, 'wb') as target:
        shutil.copyfileobj(source, target, 1 << 20)
    os.chmod(path, 0o755 if executable else 0o644)

count = 0
if zipfile.is_zipfile(archive):
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            if chosen(info.filename) and not info.is_dir():
                write(info.filename, opened.open(info), info.external_attr >> 16 & stat.S_IXUSR)
                count += 1
else:
    with tarfile.open(archive, 'r:gz') as opened:
        for info in opened:
            if chosen(info.name) and info.isfile():
                write(info.name, opened.extractfile(info), info.mode & stat.S_IXUSR)
                count += 1
print(count)
`;

/**
 * Unpacks chosen members of an archive, a piece at a time: a library of a gigabyte takes little memory.
 * @returns how many files
 * @throws MmsrError E_INSTALL when it cannot be read or written, or no member matches
 */
export async function unpack(request: UnpackRequest): Promise<number> {
  const { archive, folder, members, except = [], strip = 0, signal } = request;
  const task = JSON.stringify([archive, folder, members, except, strip]);
  const { code, stdout, stderr } = await runPython(SCRIPT, [task], { signal });
  const count = Number(stdout);
  if (code === 0 && count > 0) return count;
  const reason = code === 0 ? `nothing in it matches ${members.join(', ')}` : lastLine(stderr);
  throw new MmsrError('E_INSTALL', `cannot be unpacked: ${reason}`, {
    where: archive,
    advice: 'See that the disk has room and can be written, then install again.',
  });
}
