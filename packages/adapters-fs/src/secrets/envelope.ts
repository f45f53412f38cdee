import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { secretUnreadable } from "@keelson/core";
import type { WrappingKey } from "./wrapping-key.ts";

/** What a secret is called and which of its records this is: what its envelope is bound to. */
export interface EnvelopeSubject {
  readonly name: string;
  readonly revision: number;
}

const VERSION = 1;
const ID_BYTES = 8;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + ID_BYTES;
const SEALED_KEY_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/**
 * Puts a secret into an envelope: sealed with AES-256-GCM under a data key of its own, which lies beside it, sealed
 * likewise under the wrapping key. Both are bound to name and revision, so that no record passes for another or for a
 * newer one of its own.
 *
 * Layout, as base64url: version 0 | id of the wrapping key 1..9 | nonce 9..21 | data key 21..53 | tag 53..69 |
 * nonce 69..81 | the secret | tag.
 */
export function sealEnvelope(payload: string, subject: EnvelopeSubject, wrapping: WrappingKey): string {
  const dataKey = randomBytes(KEY_BYTES);
  // UTF-16, since UTF-8 would lose a lone surrogate.
  const content = encrypt(dataKey, Buffer.from(payload, "utf16le"), contentData(subject));
  return Buffer.concat([...wrap(dataKey, subject, wrapping), content]).toString("base64url");
}

/** @throws KeelsonError SECRET_UNREADABLE when it is not what was sealed, or with another key. */
export function openEnvelope(sealed: string, subject: EnvelopeSubject, wrapping: WrappingKey): string {
  const bytes = decode(sealed, subject);
  const dataKey = unwrap(bytes, subject, wrapping);
  const content = decrypt(dataKey, bytes.subarray(HEAD_BYTES + SEALED_KEY_BYTES), contentData(subject));
  if (content === undefined) throw secretUnreadable(subject.name, "the seal is broken");
  return content.toString("utf16le");
}

/**
 * Wraps the data key of an envelope anew. What is sealed with it stays as it is, unread.
 *
 * @throws KeelsonError SECRET_UNREADABLE when the data key is not what was sealed, or with another key.
 */
export function rewrapEnvelope(
  sealed: string,
  subject: EnvelopeSubject,
  from: WrappingKey,
  to: WrappingKey,
): string {
  const bytes = decode(sealed, subject);
  const content = bytes.subarray(HEAD_BYTES + SEALED_KEY_BYTES);
  return Buffer.concat([...wrap(unwrap(bytes, subject, from), subject, to), content]).toString("base64url");
}

/** The id of the wrapping key; `undefined` where this is no envelope of this version. */
export function envelopeKeyId(sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes[0] !== VERSION || bytes.length < HEAD_BYTES + SEALED_KEY_BYTES + NONCE_BYTES + TAG_BYTES)
    return undefined;
  // The last character has bits to spare, and other alphabets decode too.
  if (bytes.toString("base64url") !== sealed) return undefined;
  return bytes.subarray(1, HEAD_BYTES).toString("hex");
}

function decode(sealed: string, { name }: EnvelopeSubject): Buffer {
  if (envelopeKeyId(sealed) === undefined) throw secretUnreadable(name, "it is no envelope of this version");
  return Buffer.from(sealed, "base64url");
}

function wrap(dataKey: Buffer, subject: EnvelopeSubject, wrapping: WrappingKey): readonly [Buffer, Buffer] {
  const head = Buffer.concat([Buffer.of(VERSION), Buffer.from(wrapping.id, "hex")]);
  return [head, encrypt(wrapping.key, dataKey, keyData(head, subject))];
}

function unwrap(bytes: Buffer, subject: EnvelopeSubject, wrapping: WrappingKey): Buffer {
  const head = bytes.subarray(0, HEAD_BYTES);
  if (head.subarray(1).toString("hex") !== wrapping.id)
    throw secretUnreadable(subject.name, "it was sealed with another master key");
  const sealedKey = bytes.subarray(HEAD_BYTES, HEAD_BYTES + SEALED_KEY_BYTES);
  const dataKey = decrypt(wrapping.key, sealedKey, keyData(head, subject));
  if (dataKey === undefined) throw secretUnreadable(subject.name, "the seal of its key is broken");
  return dataKey;
}

function encrypt(key: Buffer, content: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(bound);
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** @returns `undefined` where it does not fit: what the cipher says of it helps nobody but an attacker. */
function decrypt(key: Buffer, sealed: Buffer, bound: Buffer): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES)).setAAD(bound);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function contentData({ name, revision }: EnvelopeSubject): Buffer {
  return Buffer.from(`${VERSION}:content:${revision}:${name}`, "utf8");
}

function keyData(head: Buffer, { name, revision }: EnvelopeSubject): Buffer {
  return Buffer.concat([head, Buffer.from(`:key:${revision}:${name}`, "utf8")]);
}
