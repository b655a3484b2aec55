/** A native part that is installed: where it is and what it is, in words. */
export interface InstalledPart {
  /** The folder that holds it, absolute. */
  readonly folder: string;
  /** Such as `TensorFlow 2.21.0 for linux-x64`. */
  readonly description: string;
}

export interface InstallOptions {
  /** Takes the build for GPUs; only where `supportsGpu`. */
  readonly gpu: boolean;
  /** Hears what is being done, one line at a time. */
  readonly onProgress: (line: string) => void;
  /** Stops the install; what it made so far is removed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What npm alone cannot bring: a native library that `mmsr-run install NAME` fetches once into the
 * user's cache folder. Everything works without it, slower or with fewer file formats.
 */
export interface NativePart {
  /** The NAME of `mmsr-run install NAME`. */
  readonly name: string;
  /** One line for the list of parts. */
  readonly description: string;
  readonly supportsGpu: boolean;
  /** What is installed, the GPU build first where both are; undefined without any. Reads files only. */
  installed(): Promise<InstalledPart | undefined>;
  /**
   * Installs it, or finds that it is there. Safe against another install of it at the same time and
   * against being killed in the middle.
   * @throws MmsrError E_INSTALL, or InputError with all that is missing, each saying what to do
   */
  install(options: InstallOptions): Promise<InstalledPart>;
  /** Removes every build and version of it. @returns the folders that were removed */
  uninstall(): Promise<string[]>;
}
