import { createHmac } from "node:crypto";
import { SHA256 } from "@noble/hashes/sha2";

const BLOCK = 64;
const DIGEST = 32;
// Longer values are rare, and cost node:crypto's own objects less than their hashing.
const LONGEST = 160;
const MOST_BYTES = 3 * LONGEST;

/**
 * HMAC-SHA-256 (RFC 2104) under one key, as fast as a check in every request needs it: the blocks of the key are
 * hashed once and not for every value, and nothing is allocated. node:crypto makes four objects a value, which costs
 * it three times as much.
 */
export interface KeyedHash {
  /** The 32 bytes for a value. They are overwritten by the next call of any `KeyedHash`: compare or copy them at once. */
  hash(value: string): Buffer;
}

// SHA-256's own work is noble's. What is added is a state that can be set and read.
class Compression extends SHA256 {
  load(state: Int32Array): void {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    this.set(a, b, c, d, e, f, g, h);
  }

  compress(view: DataView, offset: number): void {
    this.process(view, offset);
  }

  store(view: DataView): void {
    view.setInt32(0, this.A);
    view.setInt32(4, this.B);
    view.setInt32(8, this.C);
    view.setInt32(12, this.D);
    view.setInt32(16, this.E);
    view.setInt32(20, this.F);
    view.setInt32(24, this.G);
    view.setInt32(28, this.H);
  }

  state(): Int32Array {
    return Int32Array.from(this.get());
  }
}

const sha256 = /* @__PURE__ */ new Compression();
const message = /* @__PURE__ */ Buffer.alloc(MOST_BYTES + 2 * BLOCK);
const messageView = /* @__PURE__ */ viewOf(message);
// The inner digest with the padding of the outer hash: 64 bytes of key and 32 of digest.
const outer = /* @__PURE__ */ outerBlock();
const outerView = /* @__PURE__ */ viewOf(outer);
const digest = /* @__PURE__ */ Buffer.alloc(DIGEST);
const digestView = /* @__PURE__ */ viewOf(digest);

/** Makes ready a key of at most 64 bytes. */
export function createKeyedHash(key: Buffer): KeyedHash {
  const inside = stateAfter(key, 0x36);
  const outside = stateAfter(key, 0x5c);
  return {
    hash(value) {
      if (value.length > LONGEST) {
        createHmac("sha256", key).update(value, "utf8").digest().copy(digest);
        return digest;
      }
      const bytes = message.write(value, "utf8");
      const end = Math.ceil((bytes + 9) / BLOCK) * BLOCK;
      message.fill(0, bytes, end);
      message[bytes] = 0x80;
      messageView.setUint32(end - 4, (BLOCK + bytes) * 8);
      sha256.load(inside);
      for (let at = 0; at < end; at += BLOCK) sha256.compress(messageView, at);
      sha256.store(outerView);
      sha256.load(outside);
      sha256.compress(outerView, 0);
      sha256.store(digestView);
      return digest;
    },
  };
}

function stateAfter(key: Buffer, pad: number): Int32Array {
  const block = Buffer.alloc(BLOCK, pad);
  for (const [i, byte] of key.entries()) block[i] = byte ^ pad;
  const first = new Compression();
  first.compress(viewOf(block), 0);
  return first.state();
}

function outerBlock(): Buffer {
  const block = Buffer.alloc(BLOCK);
  block[DIGEST] = 0x80;
  block.writeUInt32BE((BLOCK + DIGEST) * 8, BLOCK - 4);
  return block;
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
