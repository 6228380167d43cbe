// Alice and Bob in the page: the shipped networks, on blocks of 16 bits.
//
// A network reads bits as -1 and +1; a key is an array of 16 bits. The twins of what stands here are
// helpers/neural/chain.py and rounds.py: the tests compare what they answer.
import { asSigns, signsOf } from "./bits.js";

const HALVES = Array.from({ length: 256 }, (_, half) => signsOf(half, 8));

// The sigmoid, by cubics: each reaches 1/64 to both sides, and is right to 3e-9; all of them fit into a
// processor's nearest cache.

const PIECES = 32; // for each unit of x
const REACH = 20; // beyond, a sigmoid is 0 or 1
const CUBICS = new Float64Array(4 * (2 * REACH * PIECES + 2));
for (let i = 0; 4 * i < CUBICS.length; i++) {
  const s = 1 / (1 + Math.exp(REACH - i / PIECES));
  const [first, curve] = [s * (1 - s), 1 - 2 * s]; // the slope, and what its own slope is made of
  const [second, third] = [first * curve, first * (curve * curve - 2 * first)];
  CUBICS.set([s, first / PIECES, second / (2 * PIECES ** 2), third / (6 * PIECES ** 3)], 4 * i);
}

function sigmoid(x) {
  if (x > REACH) return 1;
  if (x < -REACH) return 0;
  const place = (x + REACH) * PIECES;
  const i = (place + 0.5) | 0;
  const off = place - i;
  const at = i << 2;
  return CUBICS[at] + off * (CUBICS[at + 1] + off * (CUBICS[at + 2] + off * CUBICS[at + 3]));
}

// The paper's networks: a dense layer, then convolutions.

/** A dense layer of 32 inputs: what 16 of them, from the first or from the last on, add to it. */
class Dense {
  constructor(kernel, bias) {
    this.outputs = bias.data.length;
    this.kernel = Float64Array.from(kernel.data);
    this.bias = Float64Array.from(bias.data);
  }

  add(inputs, first, sums) {
    for (let i = 0; i < 16; i++) {
      const row = (first + i) * this.outputs;
      for (let j = 0; j < this.outputs; j++) sums[j] += inputs[i] * this.kernel[row + j];
    }
    return sums;
  }
}

/** A convolution along a line, with zeros beyond both ends: four products for each sum, as in all of
 *  the paper's. It reads its own `input`, which the layer before it fills. */
class Convolution {
  constructor([, stride, length], { shape, data }, bias) {
    const [window, channels, filters] = shape;
    this.outputs = Math.ceil(length / stride);
    this.start = channels * (Math.max((this.outputs - 1) * stride + window - length, 0) >> 1);
    this.step = channels * stride;
    this.input = new Float64Array(this.outputs * this.step + 4);
    this.rows = Array.from(bias.data, (each, f) =>
      Float64Array.from([each, ...[0, 1, 2, 3].map((tap) => data[tap * filters + f])]),
    );
  }

  /** Fills `result`, (outputs, filters), from `at` on, with the sums, or with their sigmoids. */
  run(result, at, raw) {
    const { input, rows, step, outputs } = this;
    const filters = rows.length;
    for (let f = 0; f < filters; f++) {
      const row = rows[f];
      const bias = row[0];
      const p = row[1];
      const q = row[2];
      const r = row[3];
      const s = row[4];
      for (let j = 0, x = 0, to = at + f; j < outputs; j++, x += step, to += filters) {
        const sum = bias + input[x] * p + input[x + 1] * q + input[x + 2] * r + input[x + 3] * s;
        result[to] = raw ? sum : sigmoid(sum);
      }
    }
  }
}

/** A trained network of the paper's kind. */
class Chain {
  constructor({ layers, weights }) {
    const [kernel, bias, ...more] = weights;
    this.dense = new Dense(kernel, bias);
    this.convolutions = layers
      .slice(1)
      .map((layer, i) => new Convolution(layer, more[2 * i], more[2 * i + 1]));
  }

  /** Rows of 16 numbers: what each adds to the first layer, whatever the key. */
  prepared(rows) {
    const { dense } = this;
    const sums = new Float64Array((rows.length / 16) * dense.outputs);
    for (let i = 0; i * 16 < rows.length; i++) {
      const out = sums.subarray(i * dense.outputs, (i + 1) * dense.outputs);
      dense.add(rows.subarray(16 * i, 16 * i + 16), 0, out);
    }
    return sums;
  }

  /** Calls take(i, sums) with Bob's or Alice's 16 sums for each prepared row under a key: what a tanh
   *  would make their answers of. */
  answer(prepared, key, take) {
    const { dense, convolutions } = this;
    const fromKey = dense.add(asSigns(key), 16, Float64Array.from(dense.bias));
    const sums = new Float64Array(16);
    const inputs = [...convolutions.map(({ input }) => input), sums];
    const starts = [...convolutions.map(({ start }) => start), 0];
    const last = convolutions.length - 1;
    const [x, start] = [inputs[0], starts[0]];
    for (let i = 0, row = 0; row < prepared.length; i++, row += dense.outputs) {
      for (let j = 0; j < dense.outputs; j++) x[start + j] = sigmoid(prepared[row + j] + fromKey[j]);
      for (let c = 0; c <= last; c++) convolutions[c].run(inputs[c + 1], starts[c + 1], c === last);
      take(i, sums);
    }
  }
}

// Networks of gates, and rounds: a ciphertext block is 16 bits.

/** One layer of gates. With the key fixed, each of its 16 sums is f(u) + g(v) + u M v, for u and v
 *  the halves of the block: numbers that stand in tables, f for all of u, g for all of v, and the
 *  third for v and each half of u. */
class Gates {
  constructor({ weights: [kernel, bias, kernelOut, biasOut] }) {
    Object.assign(this, { kernel: kernel.data, bias: bias.data, out: kernelOut.data });
    this.width = bias.data.length / 2;
    const nothing = new Float64Array(2 * this.width);
    this.f = this.through(this.sums(0), nothing, biasOut.data);
    this.sumsOfV = this.sums(8);
    this.m = this.mixed();
    this.mv = Float64Array.from({ length: 256 * 128 }, (_, at) =>
      HALVES[at >> 7].reduce((sum, sign, i) => sum + sign * this.m[25 * (at & 127) + i], 0),
    );
    this.high = new Float64Array(256 * 16 * 16);
    this.low = new Float64Array(256 * 16 * 16);
  }

  /** What each half alone, the inputs from `first` on, adds before the gates: (256, 2 width). */
  sums(first) {
    const n = 2 * this.width;
    const sums = new Float64Array(256 * n);
    for (let half = 0; half < 256; half++) {
      for (let i = 0; i < 8; i++) {
        const sign = HALVES[half][i];
        for (let k = 0; k < n; k++) sums[half * n + k] += sign * this.kernel[(first + i) * n + k];
      }
    }
    return sums;
  }

  /** The gates, and the layer behind them, of sums with so much added: (256, 16). */
  through(sums, added, addedOut) {
    const { width, out } = this;
    const found = new Float64Array(256 * 16);
    for (let half = 0, at = 0; half < 256; half++, at += 2 * width) {
      const to = 16 * half;
      if (addedOut) found.set(addedOut, to);
      for (let k = 0; k < width; k++) {
        const gate = (sums[at + k] + added[k]) * (sums[at + width + k] + added[width + k]);
        for (let j = 0; j < 16; j++) found[to + j] += gate * out[16 * k + j];
      }
    }
    return found;
  }

  /** What multiplies bit i of u in sum j: a number for each of 24 other inputs, and a constant. */
  mixed() {
    const { width, kernel, bias, out } = this;
    const m = new Float64Array(8 * 16 * 25);
    const other = (i, k) => (i < 24 ? kernel[(8 + i) * 2 * width + k] : bias[k]);
    for (let i = 0, at = 0; i < 8; i++) {
      for (let j = 0; j < 16; j++) {
        for (let o = 0; o < 25; o++, at++) {
          for (let k = 0; k < width; k++) {
            const [left, right] = [kernel[i * 2 * width + k], kernel[i * 2 * width + width + k]];
            m[at] += out[16 * k + j] * (left * other(o, width + k) + right * other(o, k));
          }
        }
      }
    }
    return m;
  }

  /** Fill the tables for this key, signs. */
  setKey(key) {
    const n = 2 * this.width;
    const added = Float64Array.from(this.bias);
    for (let i = 0; i < 16; i++) {
      for (let k = 0; k < n; k++) added[k] += key[i] * this.kernel[(16 + i) * n + k];
    }
    const g = this.through(this.sumsOfV, added);
    const fixed = Float64Array.from({ length: 128 }, (_, ij) => {
      let sum = this.m[25 * ij + 24];
      for (let i = 0; i < 16; i++) sum += key[i] * this.m[25 * ij + 8 + i];
      return sum;
    });
    const row = new Float64Array(128);
    for (let v = 0; v < 256; v++) {
      for (let ij = 0; ij < 128; ij++) row[ij] = fixed[ij] + this.mv[128 * v + ij];
      const [from, to] = [256 * v, 256 * v + 256];
      allSigns(row.subarray(0, 64), this.high.subarray(from, to), g.subarray(16 * v, 16 * v + 16));
      allSigns(row.subarray(64), this.low.subarray(from, to));
    }
  }

  /** Run the round once on blocks, in place, under a key of signs. */
  run(blocks, key) {
    this.setKey(key);
    const { f, high, low } = this;
    for (let n = 0; n < blocks.length; n++) {
      const [u, v] = [blocks[n] >> 8, blocks[n] & 255];
      const [atF, atHigh, atLow] = [16 * u, 16 * (16 * v + (u >> 4)), 16 * (16 * v + (u & 15))];
      let block = 0;
      for (let j = 0; j < 16; j++) {
        block = (block << 1) | +(f[atF + j] + high[atHigh + j] + low[atLow + j] >= 0);
      }
      blocks[n] = block;
    }
  }
}

/** Four rows of 16 numbers, added with each of the 16 choices of signs: (16, 16). */
function allSigns(rows, sums, added) {
  for (let j = 0; j < 16; j++) {
    sums[j] = (added ? added[j] : 0) - rows[j] - rows[16 + j] - rows[32 + j] - rows[48 + j];
  }
  for (let i = 3, many = 1; i >= 0; i--, many *= 2) {
    for (let at = 0; at < 16 * many; at++) {
      sums[16 * many + at] = sums[at] + 2 * rows[16 * i + (at & 15)];
    }
  }
}

/** Half of the block passes and says which bits of the other half change; the halves then change
 *  places (Feistel 1973). `backwards` undoes it. */
class Coupling {
  constructor({ weights }, backwards) {
    this.backwards = backwards;
    this.layers = [];
    for (let l = 0; l < weights.length; l += 2) {
      this.layers.push({
        kernel: Float64Array.from(weights[l].data),
        bias: Float64Array.from(weights[l + 1].data),
      });
    }
    this.ofHalves = HALVES.map((half) =>
      sums(half, this.layers[0].kernel, new Float64Array(this.layers[0].bias.length)),
    );
  }

  /** Which bits each of 256 passing halves changes: one where the last of the thresholds is -1. */
  changes(key) {
    const [{ kernel, bias }, ...more] = this.layers;
    const ofKey = sums(key, kernel.subarray(8 * bias.length), bias.slice());
    return Uint8Array.from(this.ofHalves, (ofHalf) => {
      let x = ofHalf.map((sum, i) => (sum + ofKey[i] >= 0 ? 1 : -1));
      for (const layer of more)
        x = sums(x, layer.kernel, layer.bias.slice()).map((sum) => (sum >= 0 ? 1 : -1));
      return x.reduce((byte, sign) => (byte << 1) | (sign < 0 ? 1 : 0), 0);
    });
  }

  run(blocks, key) {
    const changes = this.changes(key);
    for (let n = 0; n < blocks.length; n++) {
      const u = blocks[n] >> 8;
      const v = blocks[n] & 255;
      blocks[n] = this.backwards ? ((v ^ changes[u]) << 8) | u : (v << 8) | (u ^ changes[v]);
    }
  }
}

/** The product of some inputs with a kernel, row by row, added to sums in place. */
function sums(inputs, kernel, found) {
  const n = found.length;
  for (let i = 0; i < inputs.length; i++) {
    for (let j = 0; j < n; j++) found[j] += inputs[i] * kernel[i * n + j];
  }
  return found;
}

/** The key of a round: turned to the right, then a public constant xored to it. */
function turned(key, turn, constant) {
  const of = (i) => key[(i - turn + 16) & 15];
  return Float64Array.from({ length: 16 }, (_, i) => of(i) * ((constant >> (15 - i)) & 1 ? -1 : 1));
}

/** A network of 16 bits to 16 bits, as rounds: one that is no such round is run once. */
export class Rounds {
  constructor({ layers, weights, rounds = [1, 0, 0] }) {
    const [count, keyStep, backwards, constant = 0] = rounds;
    const kind = layers[0][0];
    this.round = kind === "gate" ? new Gates({ weights }) : new Coupling({ weights }, kind !== "coupling");
    this.schedule = Array.from({ length: count }, (_, r) => [(r * keyStep) & 15, (r * constant) & 0xffff]);
    if (backwards) this.schedule.reverse();
  }

  /** Blocks, uint16, in place, under a key of 16 bits, after each round. */
  *rounds(blocks, key) {
    const signs = asSigns(key);
    for (const step of this.schedule) {
      this.round.run(blocks, turned(signs, ...step));
      yield blocks;
    }
  }

  /** The same after all of them. */
  run(blocks, key) {
    for (const _ of this.rounds(blocks, key));
    return blocks;
  }
}

// Half-precision numbers, as an analog ciphertext is sent.

/** A number below 2 in size as the bits of the nearest float16 (IEEE 754, ties to even). */
export function toHalf(x) {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 1e-9)));
  const scaled = size * 2 ** (10 - exponent);
  let whole = Math.round(scaled);
  if (Math.abs(scaled % 1) === 0.5 && whole % 2) whole -= 1;
  return sign + whole + (exponent + 14) * 1024;
}

/** The number that such 16 bits stand for. */
export function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const part = bits & 1023;
  const size = exponent ? (1 + part / 1024) * 2 ** (exponent - 15) : part * 2 ** -24;
  return bits & 0x8000 ? -size : size;
}

/** A trained pair, of {name, binary, alice, bob} as Python hands it over. */
export class Pair {
  constructor({ name, binary, alice, bob }) {
    const network = (each) => (binary ? new Rounds(each) : new Chain(each));
    Object.assign(this, { name, binary, alice: network(alice), bob: network(bob) });
  }

  /** Alice's values for blocks, (n, 16), of an analog pair. */
  values(blocks, key) {
    const rows = new Float64Array(16 * blocks.length);
    blocks.forEach((block, i) => rows.set(signsOf(block, 16), 16 * i));
    const values = new Float32Array(rows.length);
    this.alice.answer(this.alice.prepared(rows), key, (i, sums) => values.set(sums.map(Math.tanh), 16 * i));
    return values;
  }

  /** The ciphertext of blocks: 16 bits each, or 16 values each as float16. */
  encrypt(blocks, key) {
    if (this.binary) return this.alice.run(Uint16Array.from(blocks), key);
    return Uint16Array.from(this.values(blocks, key), toHalf);
  }

  /** What Bob reads: a function of keys to blocks, for this ciphertext. */
  reader(sent) {
    if (this.binary) return (key) => this.bob.run(Uint16Array.from(sent), key);
    const prepared = this.bob.prepared(Float64Array.from(sent, fromHalf));
    const blocks = new Uint16Array(sent.length / 16);
    const take = (i, values) => {
      let block = 0;
      for (let j = 0; j < 16; j++) block = (block << 1) | (values[j] > 0 ? 1 : 0);
      blocks[i] = block;
    };
    return (key) => {
      this.bob.answer(prepared, key, take);
      return blocks;
    };
  }
}
