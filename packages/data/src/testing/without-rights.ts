const NOBODY = 65534;

/** Does something as a user without rights: root may read what nobody is allowed to. */
export async function withoutRights<Result>(action: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return action();
  process.seteuid?.(NOBODY);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}
