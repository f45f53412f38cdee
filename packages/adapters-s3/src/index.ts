/**
 * S3 and compatible object storage as a blob store: where snapshots are safe from what happens to the machine.
 *
 * @packageDocumentation
 */

export { createS3Blobs } from "./create-s3-blobs.ts";
export type { S3BlobsOptions } from "./create-s3-blobs.ts";
export type {
  S3Body,
  S3CallOptions,
  S3Like,
  S3ListInput,
  S3Listing,
  S3Object,
  S3ObjectInput,
  S3PutInput,
} from "./s3-like.ts";
