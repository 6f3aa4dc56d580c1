'use strict';
// One data channel between two browsers: offer, answer and candidates go through the signalling server.
const log = (text) => { document.querySelector('pre').textContent += `${text}\n`; };
const [joinForm, sayForm] = document.querySelectorAll('form');

joinForm.onsubmit = (event) => {
  event.preventDefault();
  joinForm.hidden = true;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/signal`);
  const tell = (message) => socket.send(JSON.stringify(message));
  let connection;

  const prepare = (channel) => {
    channel.onopen = () => { log('connected'); sayForm.hidden = false; };
    channel.onmessage = (event) => log(`> ${event.data}`);
    channel.onclose = () => { log('the other is gone'); sayForm.hidden = true; };
    sayForm.onsubmit = (event) => {
      event.preventDefault();
      channel.send(sayForm.line.value);
      log(`< ${sayForm.line.value}`);
      sayForm.reset();
    };
  };
  const connect = (iceServers) => {
    connection = new RTCPeerConnection({ iceServers, iceTransportPolicy: joinForm.relay.checked ? 'relay' : 'all' });
    connection.onicecandidate = ({ candidate }) => candidate && tell({ type: 'candidate', candidate });
    connection.ondatachannel = ({ channel }) => prepare(channel);
  };
  const handlers = {
    joined: async ({ iceServers, peers }) => {
      log(`joined, ${peers.length} in the room`);
      connect(iceServers);
      if (peers.length !== 1) return;
      prepare(connection.createDataChannel('line'));
      await connection.setLocalDescription();
      tell({ type: 'offer', sdp: connection.localDescription.sdp });
    },
    offer: async ({ sdp }) => {
      await connection.setRemoteDescription({ type: 'offer', sdp });
      await connection.setLocalDescription();
      tell({ type: 'answer', sdp: connection.localDescription.sdp });
    },
    answer: ({ sdp }) => connection.setRemoteDescription({ type: 'answer', sdp }),
    candidate: ({ candidate }) => connection.addIceCandidate(candidate),
    error: ({ reason }) => log(reason),
  };
  socket.onopen = () => tell({ type: 'join', room: joinForm.room.value });
  socket.onmessage = ({ data }) => { const message = JSON.parse(data); handlers[message.type]?.(message); };
  socket.onclose = () => log('the signalling server is gone');
};
