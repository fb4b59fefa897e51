const day = 24 * 60 * 60 * 1000;

/**
 * How many whole days old a key is, if that is more than it should be.
 * @param rotatedAt absent where the key was not rotated from here: then nobody here knows its age
 * @param limit days; nothing where the person does not want to know
 */
export function oldAge(rotatedAt: Date | undefined, now: Date, limit: number | undefined): number | undefined {
  if (rotatedAt === undefined || limit === undefined) return undefined;
  const age = Math.floor((now.getTime() - rotatedAt.getTime()) / day);
  return age > limit ? age : undefined;
}
