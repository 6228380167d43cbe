// Pictures as {bytes, width, height}: red, green and blue of each pixel, row by row.

/** A copy with a frame around a pixel: a white line so many pixels away, and a black one beyond. */
export function withFrame({ bytes, width, height }, x, y, away) {
  const copy = bytes.slice();
  for (let j = Math.max(0, y - away - 1); j <= Math.min(height - 1, y + away + 1); j++) {
    for (let i = Math.max(0, x - away - 1); i <= Math.min(width - 1, x + away + 1); i++) {
      const far = Math.max(Math.abs(i - x), Math.abs(j - y));
      const at = 3 * (j * width + i);
      if (far >= away) copy.fill(far === away ? 255 : 0, at, at + 3);
    }
  }
  return { bytes: copy, width, height };
}

/** The square of so many pixels around one, moved to where it is within the picture. */
export function squareAround({ bytes, width, height }, x, y, side) {
  const [w, h] = [Math.min(side, width), Math.min(side, height)];
  const left = Math.max(0, Math.min(x - (w >> 1), width - w));
  const top = Math.max(0, Math.min(y - (h >> 1), height - h));
  const part = new Uint8Array(3 * w * h);
  for (let j = 0; j < h; j++) {
    const from = 3 * ((top + j) * width + left);
    part.set(bytes.subarray(from, from + 3 * w), 3 * w * j);
  }
  return { bytes: part, width: w, height: h };
}
