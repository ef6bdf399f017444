// Bundles src/ into ../dist, or where CANVAS_DIST says.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundle } from "./bundle.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.env.CANVAS_DIST || join(here, "..", "dist");
await bundle({ build, here, out, name: "canvas", entry: "src/canvas.jsx", shared: ["bundle.mjs"] });
