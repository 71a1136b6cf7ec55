// Bun as its documentation has publish and subscribe: uWebSockets' topic tree, one publish per update.
//
//   bun bun.js PORT FEED_PORT
//
// PORT: WebSocket, GET /?topics=t0,t1. FEED_PORT: records of topic and length, two bytes each (little endian), then the update.
const [port, feedPort] = process.argv.slice(2).map(Number);

const server = Bun.serve({
  hostname: "127.0.0.1",
  port,
  fetch(request, server) {
    const topics = new URL(request.url).searchParams.get("topics");
    if (topics && server.upgrade(request, { data: { topics } })) return undefined;
    return new Response("load");
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      for (const topic of socket.data.topics.split(",")) socket.subscribe(topic);
    },
    message() {},
  },
});

let kept = Buffer.alloc(0);
Bun.listen({
  hostname: "127.0.0.1",
  port: feedPort,
  socket: {
    data(_, chunk) {
      const all = kept.length > 0 ? Buffer.concat([kept, chunk]) : chunk;
      let used = 0;
      while (all.length - used >= 4) {
        const end = used + 4 + all.readUInt16LE(used + 2);
        if (all.length < end) break;
        server.publish("t" + all.readUInt16LE(used), all.latin1Slice(used + 4, end));
        used = end;
      }
      kept = used === all.length ? Buffer.alloc(0) : Buffer.from(all.subarray(used));
    },
  },
});
