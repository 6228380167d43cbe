// Pictures as blocks of 16 bits, and back. Bit 0 is the most significant, as in helpers/bits.py.

/** The blocks of a picture's bytes: two bytes each, the last filled up with a zero. */
export function blocksOf(bytes) {
  const blocks = new Uint16Array((bytes.length + 1) >> 1);
  for (let i = 0; i < bytes.length; i++) blocks[i >> 1] |= i & 1 ? bytes[i] : bytes[i] << 8;
  return blocks;
}

/** The bytes of blocks, `length` of them. */
export function bytesOf(blocks, length) {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i & 1 ? blocks[i >> 1] : blocks[i >> 1] >> 8;
  return bytes;
}

/** Equal blocks once: [the different ones, and for each place the number of its own]. */
export function distinct(blocks) {
  const number = new Int32Array(65536).fill(-1);
  const kept = [];
  const places = Uint32Array.from(blocks, (block) => {
    if (number[block] < 0) number[block] = kept.push(block) - 1;
    return number[block];
  });
  return [Uint16Array.from(kept), places];
}

/** A number of so many bits as signs, -1 and +1. */
export function signsOf(number, bits) {
  return Float64Array.from({ length: bits }, (_, i) => ((number >> (bits - 1 - i)) & 1 ? 1 : -1));
}

/** Bits 0 and 1 as signs. */
export function asSigns(bits) {
  return Float64Array.from(bits, (bit) => (bit ? 1 : -1));
}

/** A number's bits in rows of four: "0101 0101". */
export function writtenBits(number, bits = 16) {
  return inFours([...number.toString(2).padStart(bits, "0")]);
}

/** Bits in rows of four. */
export function inFours(bits) {
  return bits.join("").replace(/(....)(?!$)/g, "$1 ");
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => signsOf(byte, 8).filter((s) => s > 0).length);

/** How many bits of a number below 65,536 are 1. */
export function ones(number) {
  return ONES[number >> 8] + ONES[number & 255];
}

/** Which share of the bits of two pictures' bytes differ, from 0 to 1. */
export function bitsWrong(a, b) {
  let wrong = 0;
  for (let i = 0; i < a.length; i++) wrong += ONES[a[i] ^ b[i]];
  return wrong / (8 * a.length);
}

/** So many random bits, 0 and 1. (For lessons: as good as the browser's own.) */
export function randomBits(count) {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => byte & 1);
}

/** A key with one bit turned over. */
export function flipped(key, position) {
  return key.map((bit, i) => (i === position ? 1 - bit : bit));
}
