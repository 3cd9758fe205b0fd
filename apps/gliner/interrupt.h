#pragma once

namespace gliner::cli {

/// From now on the first SIGINT or SIGTERM only asks the command to stop after the batch in hand; a second
/// one ends the process at once. SIGPIPE becomes an ordinary write error. Call once, when the model is
/// loaded: until then there is nothing to finish and the signals keep their plain meaning.
void catch_interrupts();

/// The signal that asked to stop, or 0.
int interrupt_signal();

/// Waits until `fd` can be read. False when a stop was asked for instead.
bool wait_readable(int fd);

}  // namespace gliner::cli
