// What makes a bundle: one JavaScript file, one style sheet, the licences of what is inside, and the hash of the sources, so
// that a test can tell a stale bundle without running node. Every bundle of the workbench is made here.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

// `build` is esbuild's; `here` the folder of package.json and src/, `out` where the bundle goes; `shared` are sources elsewhere.
export async function bundle({ build, here, out, name, entry, shared = [], ...options }) {
  mkdirSync(out, { recursive: true });
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    minify: true,
    charset: "utf8",
    target: "es2020",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "none",
    metafile: true,
    outfile: join(out, `${name}.bundle.js`),
    ...options,
  });

  // --- licences: every package that gave at least one byte to the bundle -------------------------------------------
  const packages = new Set();
  for (const input of Object.keys(result.metafile.inputs)) {
    const path = input.split("node_modules/").pop();
    if (path === input) continue;
    packages.add(path.startsWith("@") ? path.split("/").slice(0, 2).join("/") : path.split("/")[0]);
  }
  const notices = [`Third-party software inside ${name}.bundle.js and ${name}.bundle.css`, ""];
  for (const one of [...packages].sort()) {
    const folder = join(here, "node_modules", one);
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    notices.push("=".repeat(100), `${one} ${about.version} (${about.license})`, "");
    const files = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .sort();
    if (!files.length) throw new Error(`${one} has no licence file: find its text before it is shipped`);
    for (const file of files) notices.push(readFileSync(join(folder, file), "utf8").replace(/\r\n/g, "\n").trim(), "");
  }
  writeFileSync(join(out, "THIRD-PARTY-LICENCES.txt"), notices.join("\n"));

  // --- hash of everything the bundle is made from ------------------------------------------------------------------
  const sources = [
    "build.mjs",
    "package.json",
    "package-lock.json",
    ...readdirSync(join(here, "src")).map((f) => `src/${f}`),
    ...shared,
  ].sort();
  const hash = createHash("sha256");
  for (const file of sources) {
    if (!existsSync(join(here, file))) throw new Error(`${file} is missing`);
    hash
      .update(file + "\0")
      .update(readFileSync(join(here, file)))
      .update("\0");
  }
  writeFileSync(join(out, "source.sha256"), hash.digest("hex") + "\n");
}
