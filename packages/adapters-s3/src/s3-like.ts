/** What {@link S3Like.putObject} takes. */
export interface S3PutInput {
  readonly Bucket: string;
  readonly Key: string;
  readonly Body: Uint8Array;
  readonly ContentLength: number;
  readonly Metadata: Record<string, string>;
  readonly IfNoneMatch?: "*";
}

/** What is asked of an object that was found. */
export interface S3Object {
  readonly ContentLength?: number | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly Body?: { transformToByteArray(): Promise<Uint8Array> } | undefined;
}

/** What is asked of a page of a listing. */
export interface S3Listing {
  readonly Contents?:
    | readonly { readonly Key?: string | undefined; readonly Size?: number | undefined }[]
    | undefined;
  readonly IsTruncated?: boolean | undefined;
  readonly NextContinuationToken?: string | undefined;
}

interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

interface ObjectInput {
  readonly Bucket: string;
  readonly Key: string;
}

interface ListInput {
  readonly Bucket: string;
  readonly Prefix: string;
  readonly MaxKeys: number;
  readonly EncodingType: "url";
  readonly StartAfter?: string;
  readonly ContinuationToken?: string;
}

/** What is asked of an S3 client: the shape of `S3` of `@aws-sdk/client-s3`. It is to try again by itself. */
export interface S3Like {
  /** Stores an object; with `IfNoneMatch: "*"` the service answers 412 where there is one. */
  putObject(input: S3PutInput, options?: CallOptions): Promise<unknown>;
  /** Reads an object. */
  getObject(input: ObjectInput, options?: CallOptions): Promise<S3Object>;
  /** Reads what is said of an object. */
  headObject(input: ObjectInput, options?: CallOptions): Promise<S3Object>;
  /** Deletes an object; there need not be one. */
  deleteObject(input: ObjectInput, options?: CallOptions): Promise<unknown>;
  /** Reads a page of a listing, in the order of the keys' UTF-8 bytes. */
  listObjectsV2(input: ListInput, options?: CallOptions): Promise<S3Listing>;
}
