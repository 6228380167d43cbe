// Modes of operation on blocks of 16 bits: their twin is helpers/neural/modes.py.
//
// `table` has the block function's answer to each of the 65,536 blocks.

export const MODES = {
  ECB: {
    encrypt: (table, blocks) => blocks.map((block) => table[block]),
    decrypt: (inverse, blocks) => blocks.map((block) => inverse[block]),
  },
  CBC: {
    encrypt(table, blocks, iv) {
      let before = iv;
      return blocks.map((block) => (before = table[block ^ before]));
    },
    decrypt: (inverse, blocks, iv) => blocks.map((block, i) => inverse[block] ^ (i ? blocks[i - 1] : iv)),
  },
  CTR: {
    encrypt: (table, blocks, nonce) => blocks.map((block, i) => block ^ table[(nonce + i) & 0xffff]),
    decrypt: (_, blocks, nonce, table) => MODES.CTR.encrypt(table, blocks, nonce),
  },
};
