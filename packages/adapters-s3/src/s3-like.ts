/** What {@link S3Like.putObject} takes. */
export interface S3PutInput {
  readonly Bucket: string;
  readonly Key: string;
  readonly Body: Uint8Array;
  readonly ContentLength: number;
  readonly Metadata: Record<string, string>;
  readonly IfNoneMatch?: "*";
}

/** The bytes of an object, on their way. */
export interface S3Body {
  /** Reads them to their end. */
  transformToByteArray(): Promise<Uint8Array>;
}

/** What is asked of an object that was found. */
export interface S3Object {
  readonly ContentLength?: number | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly Body?: S3Body | undefined;
}

/** What is asked of a page of a listing. */
export interface S3Listing {
  readonly Contents?:
    | readonly { readonly Key?: string | undefined; readonly Size?: number | undefined }[]
    | undefined;
  readonly IsTruncated?: boolean | undefined;
  readonly NextContinuationToken?: string | undefined;
}

/** What a call can be ended by. */
export interface S3CallOptions {
  readonly abortSignal?: AbortSignal;
}

/** Names an object. */
export interface S3ObjectInput {
  readonly Bucket: string;
  readonly Key: string;
}

/** What {@link S3Like.listObjectsV2} takes. */
export interface S3ListInput {
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
  putObject(input: S3PutInput, options?: S3CallOptions): Promise<unknown>;
  /** Reads an object. */
  getObject(input: S3ObjectInput, options?: S3CallOptions): Promise<S3Object>;
  /** Reads what is said of an object. */
  headObject(input: S3ObjectInput, options?: S3CallOptions): Promise<S3Object>;
  /** Deletes an object; there need not be one. */
  deleteObject(input: S3ObjectInput, options?: S3CallOptions): Promise<unknown>;
  /** Reads a page of a listing, in the order of the keys' UTF-8 bytes. */
  listObjectsV2(input: S3ListInput, options?: S3CallOptions): Promise<S3Listing>;
}
