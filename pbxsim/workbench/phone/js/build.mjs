// Bundles src/ into ../dist, or where PHONE_DIST says.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundle } from "../../canvas/js/bundle.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.env.PHONE_DIST || join(here, "..", "dist");

const ours = {
  name: "digest by SHA-256 in the place of JsSIP's own",
  setup: (to) =>
    to.onResolve({ filter: /^\.\/DigestAuthentication$/ }, () => ({ path: join(here, "src", "digest.cjs") })),
};

await bundle({
  build,
  here,
  out,
  name: "phone",
  entry: "src/phone.jsx",
  shared: ["../../canvas/js/bundle.mjs", "../../canvas/js/src/host.js"],
  plugins: [ours],
  alias: { react: "./node_modules/react" }, // one React for host.js too, which is the canvas's
});
