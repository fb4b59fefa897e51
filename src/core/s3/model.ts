export interface Bucket {
  readonly name: string;
  /** ISO 8601 */
  readonly created?: string;
}

/** Absent where the endpoint does not say. */
export interface BucketUsage {
  readonly objects?: number;
  readonly bytes?: number;
}

export interface S3Object {
  readonly key: string;
  /** bytes */
  readonly size: number;
  /** ISO 8601 */
  readonly modified?: string;
  readonly storageClass?: string;
}

export interface ObjectPage {
  /** Common prefixes, each ending in the delimiter `/`. */
  readonly folders: readonly string[];
  readonly objects: readonly S3Object[];
  /** The continuation token of the page after this one; absent on the last. */
  readonly next?: string;
}
