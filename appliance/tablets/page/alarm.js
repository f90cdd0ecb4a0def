/** A new alert is heard, felt and seen until somebody touches the tablet. */

import { text } from "./text.js";

const AGAIN_MS = 2_000;
const LONGEST_MS = 60_000;
const TONES = [
  [880, 0],
  [1175, 0.22],
  [880, 0.44],
]; // Hz, and seconds after the start
const TONE_S = 0.18;
const LOUD = 0.6;
const SHAKE_MS = [300, 150, 300];
const TOUCHES = ["click", "keydown"]; // not sooner: what goes moves the rest from under the finger

let sound = null;

/** A browser plays nothing before the first touch: call this with each. */
export function unlock() {
  sound ??= new AudioContext();
  sound.resume();
  document.querySelectorAll(".mute").forEach((note) => (note.hidden = true));
}

export class Alarm {
  #again = null;
  #since = 0;

  constructor() {
    for (const touch of TOUCHES) {
      document.addEventListener(touch, unlock, { capture: true });
      document.addEventListener(touch, () => this.silence(), { capture: true });
    }
  }

  ring(now = performance.now()) {
    this.silence();
    this.#since = now;
    document.body.classList.add("alarm");
    document.title = text.newTitle;
    this.#again = setInterval(() => this.#repeat(), AGAIN_MS);
    this.#sing();
  }

  silence() {
    if (this.#again === null) {
      return;
    }
    clearInterval(this.#again);
    this.#again = null;
    document.body.classList.remove("alarm");
    document.title = text.title;
    if (navigator.userActivation.hasBeenActive) {
      navigator.vibrate?.(0);
    }
  }

  #repeat(now = performance.now()) {
    if (now - this.#since > LONGEST_MS) {
      this.silence();
    } else {
      this.#sing();
    }
  }

  #sing() {
    if (navigator.userActivation.hasBeenActive) {
      navigator.vibrate?.(SHAKE_MS);
    }
    if (sound?.state === "running") {
      TONES.forEach(([pitch_hz, after_s]) => play(pitch_hz, sound.currentTime + after_s));
    }
  }
}

/** One tone that swells and fades: a sudden one cracks. */
function play(pitch_hz, from_s) {
  const source = new OscillatorNode(sound, { type: "triangle", frequency: pitch_hz });
  const volume = new GainNode(sound, { gain: 0 });
  volume.gain.setValueAtTime(0, from_s);
  volume.gain.linearRampToValueAtTime(LOUD, from_s + TONE_S / 6);
  volume.gain.linearRampToValueAtTime(0, from_s + TONE_S);
  source.connect(volume).connect(sound.destination);
  source.start(from_s);
  source.stop(from_s + TONE_S);
}
