// A shell that is served over attached streams: both of its outputs apart, a session with a terminal that changes its size, files in and out.
'use strict';

const assert = require('node:assert/strict');
const { PassThrough } = require('node:stream');
const { once } = require('node:events');
const Docker = require('dockerode');

const IMAGE = 'alpine:3.20';
const NAME = 'program-dockerode';

const docker = new Docker();

async function main() {
  await pulled(IMAGE);
  const container = await docker.createContainer({
    name: NAME,
    Image: IMAGE,
    Cmd: ['sh'],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    await attached(container);
    await container.start();
    await terminal(container);
    await files(container);
    await container.stop({ t: 0 });
  } finally {
    await container.remove({ force: true, v: true });
  }
  await assert.rejects(docker.getContainer(NAME).inspect(), (error) => error.statusCode === 404);
}

// The progress of a pull ends with what came of it.
async function pulled(image) {
  const progress = await docker.pull(image);
  const steps = await new Promise((resolve, reject) =>
    docker.modem.followProgress(progress, (error, output) => (error ? reject(error) : resolve(output))),
  );
  assert.match(steps.at(-1).status, /^Status: /);
}

// What is written to the shell comes back on the stream that it is for.
async function attached(container) {
  const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  const texts = Promise.all([text(out), text(err)]);
  stream.on('end', () => [out, err].forEach((each) => each.end()));
  await container.start();
  stream.end("for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 7\n");
  assert.deepEqual(await texts, ['out 1\nout 2\nout 3\n', 'err 1\nerr 2\nerr 3\n']);
  assert.equal((await container.wait()).StatusCode, 7);
  const logs = await container.logs({ stdout: true, follow: true });
  const log = new PassThrough();
  docker.modem.demuxStream(logs, log, log);
  logs.on('end', () => log.end());
  assert.equal(await text(log), 'out 1\nout 2\nout 3\n');
}

// The size is that of the terminal when the session's program asks, and it is told when it changes.
async function terminal(container) {
  const exec = await container.exec({
    Cmd: ['sh', '-c', "trap 'stty size; exit 5' WINCH; read go; echo ready; while :; do sleep 0.1; done"],
    Tty: true,
    AttachStdout: true,
    AttachStdin: true,
  });
  const stream = await exec.start({ Tty: true, hijack: true, stdin: true });
  let seen = '';
  stream.on('data', (data) => (seen += data));
  const ended = once(stream, 'end');
  // Only then does it write: what comes along with the head of the answer may be lost on the way to here.
  stream.write('go\n');
  while (!seen.includes('ready')) await once(stream, 'data');
  await exec.resize({ h: 33, w: 99 });
  await ended;
  assert.equal(seen, 'go\r\nready\r\n33 99\r\n');
  const after = await exec.inspect();
  assert.deepEqual([after.Running, after.ExitCode], [false, 5]);
}

// An archive that came out goes in again elsewhere.
async function files(container) {
  const archive = await container.getArchive({ path: '/etc/alpine-release' });
  await container.putArchive(await bytes(archive), { path: '/srv' });
  const head = await container.infoArchive({ path: '/srv/alpine-release' });
  assert.ok(head);
  const changes = await container.changes();
  assert.deepEqual(changes.filter((change) => change.Path.startsWith('/srv')), [
    { Path: '/srv', Kind: 0 },
    { Path: '/srv/alpine-release', Kind: 1 },
  ]);
}

async function bytes(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function text(stream) {
  return (await bytes(stream)).toString();
}

// Connections that the library or the engine still keeps open are not waited for.
main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
