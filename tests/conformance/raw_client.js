// A client on a bare WebSocket, as the service's documentation writes it for Node.
//
// Arguments: URL without the model, `vad` or `manual`, a file of 16 kHz s16le PCM; the
// key is in DASHSCOPE_API_KEY. Prints each event it receives, one JSON object a line.
const fs = require('fs');
const WebSocket = require('ws');

const MODEL = 'qwen3-asr-flash-realtime';
const CHUNK = 3200;
const MILLISECONDS_BETWEEN_CHUNKS = 100;

const [url, mode, path] = process.argv.slice(2);
const vad = mode === 'vad';
const audio = fs.readFileSync(path);

const socket = new WebSocket(`${url}?model=${MODEL}`, {
  headers: {
    Authorization: `Bearer ${process.env.DASHSCOPE_API_KEY}`,
    'OpenAI-Beta': 'realtime=v1',
  },
});

function send(event_id, type, fields) {
  socket.send(JSON.stringify({ event_id, type, ...fields }));
}

function sendAudio(at) {
  if (socket.readyState !== WebSocket.OPEN) return;
  if (at >= audio.length) {
    if (!vad) send('event_789', 'input_audio_buffer.commit');
    send('event_987', 'session.finish');
    return;
  }
  const chunk = audio.subarray(at, at + CHUNK).toString('base64');
  send(`event_${Date.now()}`, 'input_audio_buffer.append', { audio: chunk });
  setTimeout(sendAudio, MILLISECONDS_BETWEEN_CHUNKS, at + CHUNK);
}

socket.on('open', () => {
  // The documentation's sample uses this one id for every update.
  send('event_123', 'session.update', {
    session: {
      modalities: ['text'],
      input_audio_format: 'pcm',
      sample_rate: 16000,
      input_audio_transcription: { language: 'en' },
      turn_detection: vad
        ? { type: 'server_vad', threshold: 0.0, silence_duration_ms: 400 }
        : null,
    },
  });
  // Nor does it wait for an answer, but for some seconds.
  sendAudio(0);
});

socket.on('message', (message) => {
  const event = JSON.parse(message);
  console.log(JSON.stringify(event));
  if (event.type === 'session.finished') socket.close(1000, 'ASR finished');
});

socket.on('error', (error) => {
  console.error(String(error));
  process.exitCode = 1;
});
