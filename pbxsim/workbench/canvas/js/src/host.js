// The two hosts of the canvas: a Panel JSComponent and an anywidget. Both keep the same named values; they differ in
// how a value is read, how a message is sent, and how the component learns that it is taken down.
import { useEffect, useState } from "react";

export function makeHost(model) {
  const inPanel = typeof model.send_msg === "function";
  return {
    inPanel,
    get: (key) => (inPanel ? model[key] : model.get(key)),
    on: (key, callback) => model.on(`change:${key}`, callback),
    off: (key, callback) => model.off(`change:${key}`, callback),
    send: (message) => (inPanel ? model.send_msg(message) : model.send(message)),
  };
}

export function useValue(host, key) {
  const [value, set] = useState(() => host.get(key));
  useEffect(() => {
    const changed = () => set(host.get(key));
    host.on(key, changed);
    changed();
    return () => host.off(key, changed);
  }, [host, key]);
  return value;
}
