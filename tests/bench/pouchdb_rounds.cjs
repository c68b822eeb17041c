// One run of PouchDB: N records from a desk over HTTP to PouchDB's own server, and on to a second desk. Prints JSON.
const [n, batchSize, outage] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4] === "outage"];
const fs = require("fs"), os = require("os"), path = require("path"), http = require("http");
const PouchDB = require("pouchdb"), express = require("express"), expressPouch = require("express-pouchdb");
const home = fs.mkdtempSync(path.join(os.tmpdir(), "pouch-"));
const seconds = () => Number(process.hrtime.bigint()) / 1e9;

function records(count) {
  const kinds = ["STRUCTURE FIRE", "CARDIAC ARREST", "MVC INJURY", "ALARM", "WELFARE CHECK", "HAZMAT", "FALL", "GAS LEAK"];
  const made = [];
  for (let i = 0; i < count; i++)
    made.push({ _id: `r${String(i).padStart(7, "0")}`, number: `2026-A-${i}`, kind: kinds[i % 8], priority: 1 + (i % 5),
      status: "NEW", address: `${i} Main St, Apt ${i % 99}`, lat: 40 + (i % 997) / 997, lon: -74 + (i % 991) / 991,
      caller: `Caller ${i}`, phone: `555-${1000 + (i % 9000)}`, units: `E${i % 40},M${i % 37}`,
      notes: "abcdefghij klmnop ".repeat(7).slice(0, 120), updated: 1790000000000 + i });
  return made;
}

async function main() {
  const AtServer = PouchDB.defaults({ prefix: home + path.sep + "server-" });
  const app = express();
  app.use("/", expressPouch(AtServer, { mode: "minimumForPouchDB", logPath: path.join(home, "log.txt") }));
  const server = await new Promise((ready) => { const s = app.listen(0, "127.0.0.1", () => ready(s)); });
  const url = `http://127.0.0.1:${server.address().port}/board`;
  const a = new PouchDB(path.join(home, "a")), b = new PouchDB(path.join(home, "b")), remote = new PouchDB(url);
  await remote.info(); await a.info(); await b.info();
  const docs = records(n);
  let started, cpu, conflicts = 0;
  if (outage) {                       // both desks hold the same records, then each changes half the count while cut off
    await a.bulkDocs(docs.slice(0, n / 2));
    await a.replicate.to(remote, { batch_size: 1000 }); await b.replicate.from(remote, { batch_size: 1000 });
    for (const [desk, status] of [[a, "ENROUTE"], [b, "ONSCENE"]]) {
      const rows = (await desk.allDocs({ include_docs: true })).rows.map((row) => ({ ...row.doc, status }));
      await desk.bulkDocs(rows);
    }
    started = seconds(); cpu = process.cpuUsage();
    for (const desk of [a, b, a]) await desk.sync(remote, { batch_size: batchSize });
    conflicts = (await a.allDocs({ include_docs: true, conflicts: true })).rows.filter((row) => row.doc._conflicts).length;
  } else {
    started = seconds(); cpu = process.cpuUsage();
    await a.bulkDocs(docs);
    const options = { batch_size: batchSize, batches_limit: 10 };
    await a.replicate.to(remote, options); await b.replicate.from(remote, options);
  }
  const took = seconds() - started, used = process.cpuUsage(cpu), info = await b.info();
  console.log(JSON.stringify({ n, batchSize, outage, seconds: took, cpu: (used.user + used.system) / 1e6, arrived: info.doc_count, conflicts }));
  server.close(); await a.close(); await b.close(); fs.rmSync(home, { recursive: true, force: true }); process.exit(0);
}
main().catch((error) => { console.error(error); process.exit(1); });
