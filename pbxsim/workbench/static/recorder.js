// Records a sound on the Design page: which microphone, how loud, how long; it is heard before it is kept. What is kept is a WAV
// of one channel, 16 bit and 16,000 samples a second, as the greetings that come with the project: a call needs no more.
const RATE = 16000;
const HEAD_BYTES = 44;
const FAULTS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none" };

function wav(samples) {
  const view = new DataView(new ArrayBuffer(HEAD_BYTES + 2 * samples.length));
  const word = (at, text) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, HEAD_BYTES - 8 + 2 * samples.length, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((one, i) => view.setInt16(HEAD_BYTES + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, one))), true));
  return new Blob([view], { type: "audio/wav" });
}

async function converted(parts) {
  const heard = await new Blob(parts, { type: parts[0].type }).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(heard); // at RATE, whatever it was recorded at
  const mixed = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel++)
    sound.getChannelData(channel).forEach((one, i) => (mixed[i] += one / sound.numberOfChannels));
  return wav(mixed);
}

const address = (blob) =>
  new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export function render({ model, el }) {
  const { words } = model;
  const root = document.createElement("div");
  root.className = "rec-box";
  root.innerHTML = `
    <button type="button" class="open"></button>
    <p class="fault" role="alert"></p>
    <section role="group">
      <label class="which"><span></span><select></select></label>
      <div class="level"><meter min="0" max="1" low="0.05" high="0.9" optimum="0.4"></meter><output role="timer">0:00</output></div>
      <audio controls></audio>
      <label class="name"><span></span><input type="text" maxlength="100" autocomplete="off" spellcheck="false"></label>
      <p class="note"></p>
      <div class="acts"><button type="button" class="start"></button><button type="button" class="stop"></button>
        <button type="button" class="keep"></button><button type="button" class="again"></button>
        <button type="button" class="drop"></button></div>
    </section>`;
  el.append(root);
  const at = (query) => root.querySelector(query);
  for (const name of ["open", "start", "stop", "keep", "again", "drop"]) at(`.${name}`).textContent = words[name];
  at(".which span").textContent = words.which;
  at(".name span").textContent = words.name;
  at("section").setAttribute("aria-label", words.open);
  at("meter").setAttribute("aria-label", words.level);
  at("audio").setAttribute("aria-label", words.listen);

  let stream = null;
  let recorder = null;
  let meter = null;
  let made = "";

  // One of: shut, ready (the microphone is open), on (it records), made (there is something to listen to), kept (on its way).
  const stage = (now, focus) => {
    root.dataset.stage = now;
    at(".open").disabled = model.disabled;
    if (focus) at(focus).focus();
  };
  const fault = (name) => {
    at(".fault").textContent = name ? words[name] : "";
  };
  const silent = () => {
    clearInterval(meter?.timer);
    meter?.context.close();
    meter = null;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  };
  const shut = () => {
    if (recorder?.state === "recording") recorder.stop();
    recorder = null;
    silent();
    at("audio").removeAttribute("src");
    made = "";
    stage("shut");
  };

  const measure = () => {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    context.createMediaStreamSource(stream).connect(analyser);
    context.resume();
    const wave = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      const peak = wave.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
      at("meter").value = Math.max(peak, 0.8 * at("meter").value);
      const isSeen = root.getClientRects().length > 0; // another part of the page hides it, and nobody is recorded unseen
      if (root.dataset.stage !== "on") {
        if (!isSeen) shut();
        return;
      }
      const lasts = (performance.now() - recorder.since) / 1000;
      at("output").textContent = clock(lasts);
      if (!isSeen || lasts >= model.longest_s) recorder.stop();
    }, 100);
    meter = { context, timer };
  };
  const list = async () => {
    const found = (await navigator.mediaDevices.enumerateDevices()).filter(
      (one) => one.kind === "audioinput" && one.deviceId !== "communications",
    );
    const used = stream.getAudioTracks()[0].getSettings().deviceId;
    at("select").replaceChildren(
      ...found.map((one, i) => new Option(one.label || `${words.which} ${i + 1}`, one.deviceId, false, one.deviceId === used)),
    );
    at(".which").hidden = found.filter((one) => one.deviceId !== "default").length < 2;
  };
  const open = async (id) => {
    at(".start").disabled = true; // until this microphone is open
    silent();
    fault("");
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
      fault(window.isSecureContext ? "old" : "insecure");
      return;
    }
    try {
      const audio = id ? { deviceId: { exact: id } } : true;
      stream = await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      shut();
      fault(FAULTS[error.name] ?? "taken");
      return;
    }
    at("output").textContent = clock(0);
    measure();
    await list();
    at(".start").disabled = false;
    stage("ready", id ? null : ".start");
  };
  const start = () => {
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = (event) => event.data.size && parts.push(event.data);
    recorder.onstop = async (event) => {
      if (event.target !== recorder) return; // thrown away
      recorder = null;
      silent();
      try {
        made = await address(await converted(parts));
      } catch {
        shut();
        fault("nothing");
        return;
      }
      at("audio").src = made;
      at("input").value = model.suggested;
      note();
      stage("made", ".name input");
      at("input").select();
    };
    recorder.onstart = () => {
      recorder.since = performance.now();
      stage("on", ".stop");
    };
    recorder.start();
  };
  const named = () => {
    const name = at("input").value.trim();
    return !name || /\.wav$/i.test(name) ? name : `${name}.wav`;
  };
  const note = () => {
    at(".note").textContent = model.taken.includes(named()) ? words.replaces : "";
    at(".keep").disabled = !named();
  };

  at(".open").onclick = () => open("");
  at("select").onchange = () => open(at("select").value);
  at(".start").onclick = start;
  at(".stop").onclick = () => recorder?.stop();
  at(".again").onclick = () => {
    at("audio").removeAttribute("src");
    open("");
  };
  at(".drop").onclick = () => {
    shut();
    at(".open").focus();
  };
  at(".keep").onclick = () => {
    stage("kept");
    model.send_msg({ name: named(), data: made.slice(made.indexOf(",") + 1) });
  };
  at("input").oninput = note;
  at("input").onkeydown = (event) => event.key === "Enter" && named() && at(".keep").click();
  root.onkeydown = (event) => {
    if (event.key !== "Escape" || root.dataset.stage === "shut" || root.dataset.stage === "made") return;
    event.stopPropagation(); // what is recorded is thrown away by its button alone
    at(".drop").click();
  };
  model.on("msg:custom", (answer) => {
    if (!answer.kept) stage("made", ".name input");
    else {
      shut();
      at(".open").focus();
    }
  });
  model.on("disabled", () => stage(root.dataset.stage));
  model.on("lifecycle:remove", shut);
  stage("shut");
}
