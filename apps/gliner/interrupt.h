#pragma once

namespace gliner::cli {

/// From now on the first SIGINT or SIGTERM only asks the command to stop after the batch in hand; a second
/// one ends the process at once. SIGPIPE and SIGXFSZ become ordinary write errors. Call once, when the model
/// is loaded: until then there is nothing to finish and the signals keep their plain meaning.
void catch_interrupts();

/// The signal that asked to stop, or 0.
int interrupt_signal();

/// Its name, for messages.
const char* interrupt_name();

/// Waits until `fd` can be read. False when a stop was asked for instead, by a signal or by stop_reading.
bool wait_readable(int fd);

/// Makes wait_readable return false from now on, in all threads: nobody needs the input any more.
void stop_reading();

/// Takes stop_reading back, for a new input.
void allow_reading();

/// True when wait_readable returns false: what was read last may be half of something.
bool is_reading_stopped();

}  // namespace gliner::cli
