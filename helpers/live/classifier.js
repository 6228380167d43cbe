// A small network that tells pictures apart, its gradient, and PGD: the attack of the paper.
//
// A network is a list of steps, each made of earlier ones: {op, of: [numbers], ...weights}. A step's
// values are (height, width, channels), one after the other; helpers/learnable/steps.py writes it.

const RUN = { conv, relu, add, mean, dense };
const BACK = { conv: convBack, relu: reluBack, add: addBack, mean: meanBack, dense: denseBack };

/** All steps' values for a picture, float32 (side, side, 3) from 0 to 1; the last are the logits. */
function forward(steps, x) {
  const values = [x];
  for (const step of steps) values.push(RUN[step.op](step, ...step.of.map((i) => values[i])));
  return values;
}

export function logits(steps, x) {
  return forward(steps, x).at(-1);
}

/** How the log-odds against class y grow with each value of x: in direction the gradient of the
 *  cross-entropy, which vanishes where a network is sure. */
export function gradient(steps, x, y) {
  const values = forward(steps, x);
  const slopes = values.map((each) => new Float64Array(each.length));
  slopes.at(-1).set(softmax(values.at(-1).map((logit, i) => (i === y ? -Infinity : logit))));
  slopes.at(-1)[y] = -1;
  for (let s = steps.length - 1; s >= 0; s--) {
    const { op, of } = steps[s];
    BACK[op](
      steps[s],
      slopes[s + 1],
      of.map((i) => slopes[i]),
      of.map((i) => values[i]),
    );
  }
  return slopes[0];
}

export function softmax(logits) {
  const most = Math.max(...logits);
  const shares = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / sum);
}

/** PGD, step by step: x after each, float32. Uphill, away from class y, or downhill towards it. */
export function* pgd(steps, x, y, { eps, eps_iter, nb_iter, targeted }) {
  const [noise, step] = [Math.fround(eps), Math.fround(targeted ? -eps_iter : eps_iter)];
  const low = x.map((value) => Math.max(0, Math.min(1, Math.fround(value - noise))));
  const high = x.map((value) => Math.max(0, Math.min(1, Math.fround(value + noise))));
  const found = x.slice();
  for (let i = 0; i < nb_iter; i++) {
    const slope = gradient(steps, found, y);
    for (let j = 0; j < found.length; j++) {
      const moved = Math.fround(found[j] + step * Math.sign(slope[j]));
      found[j] = Math.max(low[j], Math.min(high[j], moved));
    }
    yield found;
  }
}

// Convolutions, "same" padding: for each pixel of the result, the part of the window within x.

function eachTap({ kernel, stride, side }, visit) {
  const [window, , channels, filters] = kernel.shape;
  const out = Math.ceil(side / stride);
  const before = Math.max((out - 1) * stride + window - side, 0) >> 1;
  for (let row = 0; row < out; row++) {
    for (let column = 0; column < out; column++) {
      for (let i = 0; i < window; i++) {
        const y = row * stride + i - before;
        if (y < 0 || y >= side) continue;
        for (let j = 0; j < window; j++) {
          const x = column * stride + j - before;
          if (x < 0 || x >= side) continue;
          visit(
            (row * out + column) * filters,
            (y * side + x) * channels,
            (i * window + j) * channels * filters,
          );
        }
      }
    }
  }
}

function conv(step, x) {
  const { kernel, bias, stride, side } = step;
  const [, , channels, filters] = kernel.shape;
  const weights = kernel.data;
  const found = new Float64Array(Math.ceil(side / stride) ** 2 * filters);
  for (let at = 0; at < found.length; at += filters) found.set(bias.data, at);
  eachTap(step, (to, from, tap) => {
    for (let c = 0; c < channels; c++, tap += filters) {
      const value = x[from + c];
      if (value !== 0) for (let f = 0; f < filters; f++) found[to + f] += value * weights[tap + f];
    }
  });
  return found;
}

function convBack(step, slope, [slopeOfX]) {
  const [, , channels, filters] = step.kernel.shape;
  const weights = step.kernel.data;
  eachTap(step, (to, from, tap) => {
    for (let c = 0; c < channels; c++, tap += filters) {
      let sum = 0;
      for (let f = 0; f < filters; f++) sum += slope[to + f] * weights[tap + f];
      slopeOfX[from + c] += sum;
    }
  });
}

function relu(_, x) {
  return x.map((value) => (value > 0 ? value : 0));
}

function reluBack(_, slope, [slopeOfX], [x]) {
  for (let i = 0; i < x.length; i++) if (x[i] > 0) slopeOfX[i] += slope[i];
}

function add(_, a, b) {
  return a.map((value, i) => value + b[i]);
}

function addBack(_, slope, slopes) {
  for (const each of slopes) for (let i = 0; i < slope.length; i++) each[i] += slope[i];
}

function mean({ channels }, x) {
  const found = new Float64Array(channels);
  for (let i = 0; i < x.length; i++) found[i % channels] += (x[i] * channels) / x.length;
  return found;
}

function meanBack({ channels }, slope, [slopeOfX]) {
  const n = slopeOfX.length;
  for (let i = 0; i < n; i++) slopeOfX[i] += (slope[i % channels] * channels) / n;
}

function dense({ kernel, bias }, x) {
  const found = Float64Array.from(bias.data);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < found.length; j++) found[j] += x[i] * kernel.data[i * found.length + j];
  }
  return found;
}

function denseBack({ kernel }, slope, [slopeOfX]) {
  for (let i = 0; i < slopeOfX.length; i++) {
    for (let j = 0; j < slope.length; j++) slopeOfX[i] += slope[j] * kernel.data[i * slope.length + j];
  }
}
