"""ONNX Runtime, as the speech models here are run by it."""

from os import PathLike, fspath

from onnxruntime import InferenceSession, SessionOptions


def load_session(model: bytes | PathLike[str], *, threads: int) -> InferenceSession:
    """Load a model, from memory or from its file, to be run by so many threads.

    What ONNX Runtime raises has no type of its own.
    """
    options = SessionOptions()
    options.intra_op_num_threads = threads
    # A word is hundreds of small pieces of work. Threads that ask again and again for
    # the next one take twice the processor, and it takes no less time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # What half a minute of speech takes for a moment is not kept for ever.
    options.enable_cpu_mem_arena = False
    return InferenceSession(
        model if isinstance(model, bytes) else fspath(model),
        options,
        providers=["CPUExecutionProvider"],
    )
