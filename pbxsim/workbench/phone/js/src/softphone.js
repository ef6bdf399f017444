// A telephone without a face: JsSIP, a microphone, a speaker, and at most one call and one consultation. It keeps one
// plain `state` and tells whenever that changes. Whose telephone it is, and what it may call, the server says.
import JsSIP from "jssip";
import { Sounds } from "./sounds.js";

const REGISTER_S = 300;
const NETWORK_MS = 8000; // so long until the browser must have found an address of its own
const FURTHER_MS = 800; // and so long it may look for further ones
const KEY = { duration: 120, interToneGap: 70, transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833 };
const PLAIN = { iceServers: [] }; // the bridge has an address of its own; nobody else is asked for ours
const ENDS = {
  [JsSIP.C.causes.BUSY]: "busy",
  [JsSIP.C.causes.REJECTED]: "rejected",
  [JsSIP.C.causes.NOT_FOUND]: "not_found",
  [JsSIP.C.causes.UNAVAILABLE]: "unavailable",
  [JsSIP.C.causes.NO_ANSWER]: "no_answer",
  [JsSIP.C.causes.CANCELED]: "cancelled",
  [JsSIP.C.causes.BYE]: "over",
  [JsSIP.C.causes.CONNECTION_ERROR]: "lost",
  [JsSIP.C.causes.REQUEST_TIMEOUT]: "lost",
  [JsSIP.C.causes.RTP_TIMEOUT]: "lost",
};
const MICROPHONE = {
  NotAllowedError: "microphone_denied",
  SecurityError: "microphone_denied",
  NotFoundError: "microphone_none",
  OverconstrainedError: "microphone_none",
  NotReadableError: "microphone_taken",
  AbortError: "microphone_taken",
};

export class Softphone {
  constructor(changed) {
    this.changed = changed;
    this.state = { line: "off", calls: [], problem: null, ended: null, recent: [] };
    this.sessions = new Map();
    this.sounds = new Sounds();
    this.devices = { microphone: "", speaker: "" };
    this.next = 1;
  }

  set(changes) {
    this.state = { ...this.state, ...changes };
    const incoming = this.state.calls.some((call) => call.state === "incoming");
    const waits = this.state.calls.some((call) => call.state === "ringing" && !call.early);
    this.sounds.play(incoming ? "ring" : waits ? "ringback" : "");
    this.changed(this.state);
  }

  update(id, changes) {
    if (!this.sessions.has(id)) return;
    this.set({ calls: this.state.calls.map((call) => (call.id === id ? { ...call, ...changes } : call)) });
  }

  // --- whose telephone --------------------------------------------------------------------------------------------

  begin(pass) {
    this.end();
    this.pass = pass;
    const address = new URL(pass.socket, window.location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new JsSIP.WebSocketInterface(address.href);
    socket.via_transport = pass.via;
    const ua = new JsSIP.UA({
      sockets: [socket],
      uri: `sip:${pass.user ?? pass.login}@${pass.domain}`,
      authorization_user: pass.login,
      password: pass.password,
      register: pass.user !== null,
      register_expires: REGISTER_S,
      user_agent: "pbx-workbench phone",
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
    });
    this.ua = ua;
    const mine = (what) => (event) => {
      if (this.ua === ua) what(event);
    };
    const ready = () => {
      this.set({ line: pass.user === null ? "connected" : "registered", problem: null });
      this.onReady?.();
    };
    ua.on("connected", mine(() => (pass.user === null ? ready() : this.set({ line: "connecting" }))));
    ua.on("registered", mine(ready));
    ua.on("disconnected", mine(({ code }) => {
      if (code === 4404 || code === 4403) this.refused();
      else this.set({ line: "lost", problem: { key: "bridge_lost" } });
    }));
    ua.on("registrationFailed", mine(({ response }) => {
      if (response && [401, 403].includes(response.status_code)) this.refused(response.reason_phrase);
      else if (response) this.set({ line: "off", problem: { key: "not_registered", detail: response.reason_phrase } });
    }));
    ua.on("newRTCSession", mine(({ originator, session }) => originator === "remote" && this.rung(session)));
    this.set({ line: "connecting", problem: null, user: pass.user });
    ua.start();
  }

  refused(detail = "") {
    // The bridge knows the pass no more: it was started again, or the pass ran out. The server may give another one.
    const again = this.pass;
    this.end();
    this.onRefused?.(again, detail);
  }

  end() {
    const ua = this.ua;
    this.ua = null;
    this.pass = null;
    for (const session of this.sessions.values()) if (!session.isEnded()) session.terminate();
    ua?.stop();
    this.set({ line: "off", user: undefined });
  }

  // --- sound ------------------------------------------------------------------------------------------------------

  async microphone() {
    if (!navigator.mediaDevices?.getUserMedia) {
      this.set({ problem: { key: "microphone_insecure" } });
      return null;
    }
    const wanted = this.devices.microphone;
    try {
      const audio = wanted ? { deviceId: { exact: wanted } } : true;
      return await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      this.set({ problem: { key: MICROPHONE[error.name] ?? "microphone_taken", detail: error.message } });
      return null;
    }
  }

  async chooseMicrophone(id) {
    this.devices.microphone = id;
    for (const session of this.sessions.values()) {
      if (!session.stream) continue;
      const stream = await this.microphone();
      if (!stream) return;
      const [track] = stream.getAudioTracks();
      track.enabled = session.stream.getAudioTracks()[0].enabled;
      await session.connection?.getSenders()[0]?.replaceTrack(track);
      session.stream.getTracks().forEach((one) => one.stop());
      session.stream = stream;
    }
  }

  chooseSpeaker(id) {
    this.devices.speaker = id;
    this.sounds.through(id);
    for (const session of this.sessions.values()) session.far?.setSinkId?.(id).catch(() => {});
  }

  // --- calls ------------------------------------------------------------------------------------------------------

  follow(session, call) {
    const { id } = call;
    this.sessions.set(id, session);
    this.set({ calls: [...this.state.calls, call], ended: null, problem: null });
    session.far = new Audio();
    session.far.autoplay = true;
    session.far.setSinkId?.(this.devices.speaker).catch(() => {});
    const heard = (pc) =>
      pc.addEventListener("track", ({ track, streams }) => {
        session.far.srcObject = streams[0] ?? new MediaStream([track]);
      });
    if (session.connection) heard(session.connection);
    else session.on("peerconnection", ({ peerconnection }) => heard(peerconnection));
    let gathered = setTimeout(() => {
      this.sounds.play("");
      this.hangUp(id);
      this.set({ problem: { key: "no_network" } });
    }, NETWORK_MS);
    if (!call.out) clearTimeout(gathered);
    session.on("icecandidate", ({ ready }) => {
      clearTimeout(gathered);
      gathered = setTimeout(ready, FURTHER_MS);
    });
    session.on("sdp", ({ originator }) => originator === "local" && clearTimeout(gathered));
    session.on("progress", ({ originator, response }) => {
      if (originator === "remote") this.update(id, { state: "ringing", early: Boolean(response?.body) });
    });
    session.on("accepted", () => this.update(id, { state: "talking", since: Date.now() }));
    session.on("hold", ({ originator }) => this.update(id, originator === "local" ? { held: true } : { waits: true }));
    session.on("unhold", ({ originator }) => this.update(id, originator === "local" ? { held: false } : { waits: false }));
    const over = ({ originator, cause, message }) => {
      clearTimeout(gathered);
      const known = this.state.calls.find((one) => one.id === id);
      session.stream?.getTracks().forEach((track) => track.stop());
      session.far.srcObject = null;
      this.sessions.delete(id);
      const why = originator === "local" && cause !== JsSIP.C.causes.RTP_TIMEOUT ? "over" : (ENDS[cause] ?? "failed");
      const detail = message?.status_code ? `${message.status_code} ${message.reason_phrase}` : "";
      const seconds = known?.since ? Math.round((Date.now() - known.since) / 1000) : 0;
      const entry = { ...known, why, detail, seconds, at: Date.now() };
      this.set({
        calls: this.state.calls.filter((one) => one.id !== id),
        ended: entry,
        recent: [entry, ...this.state.recent].slice(0, 8),
      });
    };
    session.on("ended", over);
    session.on("failed", over);
  }

  async call(number) {
    const stream = await this.microphone();
    if (!stream || !this.ua) return;
    const session = this.ua.call(`sip:${number}@${this.pass.domain}`, { mediaStream: stream, pcConfig: PLAIN });
    session.stream = stream;
    this.follow(session, { id: this.next++, out: true, number, name: "", state: "calling", since: 0 });
  }

  rung(session) {
    if (this.state.calls.length) {
      session.terminate({ status_code: 486 });
      return;
    }
    const { uri, display_name: name } = session.remote_identity;
    this.follow(session, { id: this.next++, out: false, number: uri.user, name: name ?? "", state: "incoming", since: 0 });
  }

  async answer(id) {
    const session = this.sessions.get(id);
    const stream = await this.microphone();
    if (!stream || !session || session.isEnded()) return;
    session.stream = stream;
    session.answer({ mediaStream: stream, pcConfig: PLAIN });
  }

  hangUp(id) {
    const session = this.sessions.get(id);
    if (!session || session.isEnded()) return;
    const incoming = this.state.calls.find((call) => call.id === id)?.state === "incoming";
    session.terminate(incoming ? { status_code: 486 } : {});
  }

  press(id, key) {
    this.sessions.get(id)?.sendDTMF(key, KEY);
    const call = this.state.calls.find((one) => one.id === id);
    this.update(id, { keys: ((call?.keys ?? "") + key).slice(-24) });
  }

  mute(id, on) {
    const session = this.sessions.get(id);
    if (!session) return;
    if (on) session.mute({ audio: true });
    else session.unmute({ audio: true });
    this.update(id, { muted: on });
  }

  hold(id, on) {
    const session = this.sessions.get(id);
    return new Promise((done) => {
      if (!session || session.isOnHold().local === on) done();
      else if (!(on ? session.hold({}, done) : session.unhold({}, done))) done();
    });
  }

  transfer(id, number, other = null) {
    // To `number`; with `other`, the call that the person asked there takes this one's place (RFC 3891).
    const session = this.sessions.get(id);
    if (!session) return;
    const failed = (detail) => {
      this.update(id, { transferring: "" });
      this.set({ problem: { key: "not_transferred", detail } });
    };
    this.update(id, { transferring: number });
    session.refer(`sip:${number}@${this.pass.domain}`, {
      ...(other === null ? {} : { replaces: this.sessions.get(other) }),
      eventHandlers: {
        requestFailed: ({ response, cause }) => failed(response?.reason_phrase ?? cause),
        failed: ({ status_line: line }) => failed(line?.reason_phrase ?? ""),
        accepted: () => this.hangUp(id),
      },
    });
  }

  // --- how it goes ------------------------------------------------------------------------------------------------

  async quality(id) {
    const pc = this.sessions.get(id)?.connection;
    const found = { level: 0, lost: 0, jitter: 0, path: pc?.connectionState ?? "" };
    if (!pc) return found;
    (await pc.getStats()).forEach((entry) => {
      if (entry.type !== "inbound-rtp") return;
      found.level = entry.audioLevel ?? 0;
      found.jitter = Math.round((entry.jitter ?? 0) * 1000);
      found.lost = (100 * entry.packetsLost) / Math.max(1, entry.packetsLost + entry.packetsReceived);
    });
    return found;
  }
}
