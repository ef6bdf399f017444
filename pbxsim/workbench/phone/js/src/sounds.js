// What a phone sounds like by itself: it rings, and it tells that it rings over there. 425 Hz, as exchanges here have it
// (ITU-T E.180 supplement 2). Made in the page: nothing is loaded.
const RATE = 8000;
const PITCH_HZ = 425;

function wave(seconds, level) {
  // `level` gives the loudness, 0 to 1, of a moment in seconds.
  const samples = new Uint8Array(44 + RATE * seconds);
  const head = new DataView(samples.buffer);
  const word = (at, text) => [...text].forEach((letter, i) => samples.set([letter.charCodeAt(0)], at + i));
  word(0, "RIFF");
  head.setUint32(4, samples.length - 8, true);
  word(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, 1, true);
  head.setUint32(24, RATE, true);
  head.setUint32(28, RATE, true);
  head.setUint16(32, 1, true);
  head.setUint16(34, 8, true);
  word(36, "data");
  head.setUint32(40, samples.length - 44, true);
  for (let n = 0; n < RATE * seconds; n += 1) {
    const at = n / RATE;
    samples[44 + n] = 128 + Math.round(120 * level(at) * Math.sin(2 * Math.PI * PITCH_HZ * at));
  }
  let text = "";
  for (const one of samples) text += String.fromCharCode(one);
  return `data:audio/wav;base64,${btoa(text)}`;
}

const KINDS = {
  ring: () => wave(4, (at) => (at < 1.6 && Math.floor(at * 20) % 2 ? 0.5 : 0)),
  ringback: () => wave(4, (at) => (at < 0.8 ? 0.12 : 0)),
};

export class Sounds {
  constructor() {
    this.audio = new Audio();
    this.audio.loop = true;
    this.made = {};
    this.playing = "";
  }

  play(kind) {
    if (this.playing === kind) return;
    this.playing = kind;
    if (!kind) {
      this.audio.pause();
      return;
    }
    this.made[kind] ??= KINDS[kind]();
    this.audio.src = this.made[kind];
    this.audio.play().catch(() => {}); // a page that nobody has touched yet may not sound
  }

  through(speaker) {
    this.audio.setSinkId?.(speaker).catch(() => {});
  }
}
