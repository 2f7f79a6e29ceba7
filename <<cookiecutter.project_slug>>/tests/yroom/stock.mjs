// Two stock y-websocket clients, of which now one and now the other is gone and comes back: prints what they see.
// Arguments: the address of the server's sockets, the room, and whether they are cut off (1) or leave (0).
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const [url, room, cut] = process.argv.slice(2);

class Socket extends WebSocket {
  constructor(address) {
    super(address, { headers: { Origin: url.replace("ws://", "http://").split("/ws/")[0] } });
  }
}

function join(name) {
  const options = { WebSocketPolyfill: Socket, disableBc: true };
  const provider = new WebsocketProvider(url, room, new Y.Doc(), options);
  provider.awareness.setLocalStateField("user", { name });
  clearInterval(provider.awareness._checkInterval);
  return provider;
}

/** Resolves once one of them sees, or does not see, the other. */
function sees(one, other, wanted) {
  return new Promise((resolve) => {
    const look = () => {
      const user = one.awareness.getStates().get(other.doc.clientID)?.user;
      if ((user !== undefined) === wanted) {
        one.awareness.off("change", look);
        resolve();
      }
    };
    one.awareness.on("change", look);
    look();
  });
}

// Nobody says again after a quarter of a minute what was missed: it is seen at once, or never.
const [alice, bob] = [join("Alice"), join("Bob")];
await Promise.all([sees(alice, bob, true), sees(bob, alice, true)]);
console.log("met");
for (const gone of [bob, alice]) {
  const other = gone === bob ? alice : bob;
  if (cut === "1") gone.ws.close();
  else gone.disconnect();
  await sees(other, gone, false);
  console.log("gone");
  if (cut !== "1") gone.connect();
  await Promise.all([sees(other, gone, true), sees(gone, other, true)]);
  console.log("back");
}
process.exit(0);
