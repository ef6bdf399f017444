// A telephone in a page: SIP over WebSocket (RFC 7118) and one RTCPeerConnection. As much as the tests need, and no more.

const ENDS = "\r\n";
const token = () => crypto.randomUUID().replaceAll("-", "").slice(0, 16);

async function sha256(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parsed(text) {
  const [head, body] = [text.slice(0, text.indexOf("\r\n\r\n")), text.slice(text.indexOf("\r\n\r\n") + 4)];
  const [start, ...lines] = head.split(ENDS);
  const cut = (line, place = line.indexOf(":")) => [line.slice(0, place).trim().toLowerCase(), line.slice(place + 1).trim()];
  const headers = lines.map((line) => cut(line));
  const all = (name) => headers.filter(([key]) => key === name).map(([, value]) => value);
  const one = (name) => all(name)[0] ?? "";
  const [method, number] = start.split(" ");
  return { start, body, all, one, status: start.startsWith("SIP/") ? Number(number) : 0, method };
}

class Phone {
  constructor({ url, user, password, domain }) {
    Object.assign(this, { url, user, password, domain });
    this.contact = `sip:${user}@${token()}.invalid;transport=ws`;
    this.waiting = new Map(); // branch and method to what takes the final answer
    this.log = [];
    this.state = "idle";
    this.registration = token();
    this.cseq = 0;
  }

  async connect() {
    this.socket = new WebSocket(this.url, "sip");
    this.socket.onmessage = ({ data }) => this.take(data);
    await new Promise((done, failed) => {
      this.socket.onopen = done;
      this.socket.onerror = () => failed(new Error("no connection"));
    });
  }

  send(text) {
    this.log.push(`> ${text.split(ENDS)[0]}`);
    this.socket.send(text);
  }

  // --- requests ---------------------------------------------------------------------------------------------------

  message(method, uri, dialog, { branch = `z9hG4bK${token()}`, cseq, extra = [], body = "" }) {
    const lines = [
      `${method} ${uri} SIP/2.0`, `Via: SIP/2.0/WS ${this.contact.split(/[@;]/)[1]};branch=${branch}`,
      `From: ${dialog.mine}`, `To: ${dialog.theirs}`, `Call-ID: ${dialog.id}`, `CSeq: ${cseq} ${method}`,
      `Contact: <${this.contact}>`, "Max-Forwards: 70", ...extra,
    ];
    if (body) lines.push("Content-Type: application/sdp");
    return [...lines, `Content-Length: ${new TextEncoder().encode(body).length}`, "", body].join(ENDS);
  }

  ask(method, uri, dialog, options = {}) {
    const branch = `z9hG4bK${token()}`;
    const cseq = ++dialog.cseq;
    return new Promise((done) => {
      this.waiting.set(branch + method, (answer) => {
        if (method === "INVITE") {
          dialog.theirs = answer.one("to");
          const target = answer.status < 300 ? /<([^>]*)>/.exec(answer.one("contact"))[1] : uri;
          this.send(this.message("ACK", target, dialog, { cseq, branch: answer.status < 300 ? undefined : branch }));
          if (answer.status < 300) dialog.target = target;
          else dialog.theirs = dialog.theirs.replace(/;tag=.*/, "");
        }
        done(answer);
      });
      this.send(this.message(method, uri, dialog, { ...options, branch, cseq }));
    });
  }

  async prove(answer, method, uri) {
    const challenge = answer.all("www-authenticate").find((value) => value.includes("SHA-256"));
    const given = Object.fromEntries([...challenge.matchAll(/(\w+)="?([^",]+)"?/g)].map(([, key, value]) => [key, value]));
    const cnonce = token();
    const [one, two] = await Promise.all([sha256(`${this.user}:${given.realm}:${this.password}`), sha256(`${method}:${uri}`)]);
    const response = await sha256(`${one}:${given.nonce}:00000001:${cnonce}:auth:${two}`);
    return `Authorization: Digest username="${this.user}",realm="${given.realm}",nonce="${given.nonce}",uri="${uri}",` +
      `response="${response}",algorithm=SHA-256,qop=auth,nc=00000001,cnonce="${cnonce}"`;
  }

  async asked(method, uri, dialog, options) {
    const answer = await this.ask(method, uri, dialog, options);
    if (answer.status !== 401) return answer;
    const proof = await this.prove(answer, method, uri);
    return this.ask(method, uri, dialog, { ...options, extra: [...(options.extra ?? []), proof] });
  }

  async register(expires = 300) {
    const self = `<sip:${this.user}@${this.domain}>`;
    const dialog = { id: this.registration, mine: `${self};tag=${token()}`, theirs: self, cseq: this.cseq };
    const answer = await this.asked("REGISTER", `sip:${this.domain}`, dialog, { extra: [`Expires: ${expires}`] });
    this.cseq = dialog.cseq;
    return answer.status;
  }

  // --- media ------------------------------------------------------------------------------------------------------

  async peer() {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    this.microphone ??= await navigator.mediaDevices.getUserMedia({ audio: plain });
    this.pc = new RTCPeerConnection();
    this.microphone.getTracks().forEach((track) => this.pc.addTrack(track, this.microphone));
    this.pc.ontrack = ({ streams, track }) => {
      const stream = streams[0] ?? new MediaStream([track]);
      this.audio = Object.assign(new Audio(), { srcObject: stream, autoplay: true });
      this.context ??= new AudioContext();
      this.analyser = Object.assign(this.context.createAnalyser(), { fftSize: 8192 });
      this.context.createMediaStreamSource(stream).connect(this.analyser);
    };
  }

  async described() {
    // No trickle over SIP: the description is sent when all addresses are known, those of a restart too.
    const known = () => this.pc.iceGatheringState === "complete" && this.pc.localDescription.sdp.includes("a=candidate:");
    const end = Date.now() + 20_000;
    while (!known()) {
      if (Date.now() > end) throw new Error("the browser found no address of its own: it needs another interface than lo");
      await new Promise((done) => setTimeout(done, 20));
    }
    return this.pc.localDescription.sdp;
  }

  async offer(options) {
    await this.pc.setLocalDescription(await this.pc.createOffer(options));
    return this.described();
  }

  async stats() {
    const found = { bytes: 0, energy: 0, sent: 0, state: this.pc.connectionState };
    (await this.pc.getStats()).forEach((entry) => {
      if (entry.type === "inbound-rtp") {
        found.bytes += entry.bytesReceived;
        found.energy += entry.totalAudioEnergy ?? 0;
      }
      if (entry.type === "outbound-rtp") found.sent += entry.bytesSent;
    });
    return found;
  }

  pitch() {
    // The loudest pitch heard now, in hertz; 0 in silence.
    const levels = new Float32Array(this.analyser.frequencyBinCount);
    this.analyser.getFloatFrequencyData(levels);
    const loudest = levels.reduce((best, level, place) => (level > levels[best] ? place : best), 0);
    return levels[loudest] > -60 ? (loudest * this.context.sampleRate) / this.analyser.fftSize : 0;
  }

  press(digit) {
    this.pc.getSenders()[0].dtmf.insertDTMF(digit, 120, 70);
  }

  // --- calls ------------------------------------------------------------------------------------------------------

  async call(number) {
    await this.peer();
    const body = await this.offer();
    const uri = `sip:${number}@${this.domain}`;
    this.dialog = { id: token(), mine: `<sip:${this.user}@${this.domain}>;tag=${token()}`, theirs: `<${uri}>`, cseq: 0 };
    const answer = await this.asked("INVITE", uri, this.dialog, { body });
    if (answer.status < 300) {
      this.answer_sdp = answer.body;
      await this.pc.setRemoteDescription({ type: "answer", sdp: answer.body });
      this.state = "talking";
    }
    return answer.status;
  }

  async change(offer) {
    const answer = await this.ask("INVITE", this.dialog.target, this.dialog, { body: offer });
    if (answer.status < 300) await this.pc.setRemoteDescription({ type: "answer", sdp: answer.body });
    return answer.status;
  }

  async hold(held) {
    this.pc.getTransceivers()[0].direction = held ? "sendonly" : "sendrecv";
    return this.change(await this.offer());
  }

  async restart() {
    return this.change(await this.offer({ iceRestart: true }));
  }

  async renew() {
    this.pc.close();
    await this.peer();
    return this.change(await this.offer());
  }

  async answer() {
    const request = this.ringing;
    await this.peer();
    await this.pc.setRemoteDescription({ type: "offer", sdp: request.body });
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    const target = /<([^>]*)>/.exec(request.one("contact"))[1];
    const mine = this.reply(request, 200, await this.described());
    this.dialog = { id: request.one("call-id"), mine, theirs: request.one("from"), cseq: 0, target };
    this.state = "talking";
  }

  reject(status) {
    this.reply(this.ringing, status);
    this.state = "idle";
  }

  async hangUp() {
    this.state = "idle";
    const answer = await this.ask("BYE", this.dialog.target, this.dialog);
    this.pc.close();
    return answer.status;
  }

  reply(request, status, body = "") {
    request.tag ??= token();
    const to = request.one("to").includes(";tag=") ? request.one("to") : `${request.one("to")};tag=${request.tag}`;
    const lines = [
      `SIP/2.0 ${status} Said`, ...request.all("via").map((via) => `Via: ${via}`), `From: ${request.one("from")}`, `To: ${to}`,
      `Call-ID: ${request.one("call-id")}`, `CSeq: ${request.one("cseq")}`, `Contact: <${this.contact}>`,
    ];
    if (body) lines.push("Content-Type: application/sdp");
    this.send([...lines, `Content-Length: ${body.length}`, "", body].join(ENDS));
    return to;
  }

  // --- what comes -------------------------------------------------------------------------------------------------

  take(text) {
    this.log.push(`< ${text.split(ENDS)[0]}`);
    const message = parsed(text);
    if (message.status) {
      if (message.status < 200) return;
      const key = /branch=([^;,\s]*)/.exec(message.one("via"))[1] + message.one("cseq").split(" ")[1];
      this.waiting.get(key)?.(message);
      this.waiting.delete(key);
    } else if (message.method === "INVITE" && message.one("to").includes(";tag=")) {
      this.reply(message, 200, this.pc.localDescription.sdp);
    } else if (message.method === "INVITE") {
      this.ringing = message;
      this.state = "ringing";
      this.reply(message, 180);
    } else if (message.method === "CANCEL") {
      this.reply(message, 200);
      this.reply(this.ringing, 487);
      this.state = "cancelled";
    } else if (message.method !== "ACK") {
      this.reply(message, 200);
      if (message.method === "BYE") {
        this.state = "ended";
        this.pc.close();
      }
    }
  }
}
