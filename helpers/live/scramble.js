// Tanaka's block-wise scrambling: its twin is helpers/learnable/scramble.py, to the byte.

/** A key drawn by the browser's own chance: each of 0 to 6 M M - 1 once. */
export function randomOrder(blockSize) {
  const order = Int32Array.from({ length: 6 * blockSize ** 2 }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = crypto.getRandomValues(new Uint32Array(1))[0] % (i + 1); // off by 1e-6 at most
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** A picture's last row and last column repeated until both sides are whole blocks. */
function padded({ bytes, width, height }, blockSize) {
  const [w, h] = [width, height].map((side) => blockSize * Math.ceil(side / blockSize));
  const larger = new Uint8Array(3 * w * h);
  for (let y = 0, at = 0; y < h; y++) {
    for (let x = 0; x < w; x++, at += 3) {
      const from = 3 * (Math.min(y, height - 1) * width + Math.min(x, width - 1));
      larger.set(bytes.subarray(from, from + 3), at);
    }
  }
  return { bytes: larger, width: w, height: h };
}

/** Nibble i of every block becomes nibble order[i], reversed where backwards[i] says so. */
function scrambled({ bytes, width, height }, blockSize, order, backwards) {
  const [half, lineBytes] = [order.length / 2, 3 * blockSize];
  const found = new Uint8Array(bytes.length);
  const offset = Int32Array.from(order, (_, i) => {
    const byte = i % half;
    return Math.floor(byte / lineBytes) * 3 * width + (byte % lineBytes);
  });
  for (let y = 0; y < height; y += blockSize) {
    for (let x = 0; x < width; x += blockSize) {
      const corner = 3 * (y * width + x);
      for (let i = 0; i < order.length; i++) {
        const from = order[i];
        const byte = bytes[corner + offset[from]];
        const nibble = (from < half ? byte & 15 : byte >> 4) ^ (backwards[i] ? 15 : 0);
        found[corner + offset[i]] |= i < half ? nibble : nibble << 4;
      }
    }
  }
  return { bytes: found, width, height };
}

/** Which nibbles are reversed before the shuffle and again after it: the key itself says it. */
const isReversed = (key) => key.map((entry) => +(entry > key.length >> 1));

/** A picture, encrypted under a key: its sides are padded to whole blocks. */
export function encrypted(picture, key, blockSize) {
  const reversed = isReversed(key);
  const backwards = key.map((from, i) => reversed[i] ^ reversed[from]);
  return scrambled(padded(picture, blockSize), blockSize, key, backwards);
}

/** What `encrypted` undoes, cut to so many pixels. */
export function decrypted(ciphertext, key, blockSize, width, height) {
  const reversed = isReversed(key);
  const back = new Int32Array(key.length);
  key.forEach((from, i) => (back[from] = i));
  const backwards = back.map((from, i) => reversed[i] ^ reversed[from]);
  const whole = scrambled(ciphertext, blockSize, back, backwards);
  const bytes = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * y * whole.width;
    bytes.set(whole.bytes.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { bytes, width, height };
}
