internal import FileTrees
internal import Glibc

/// The writing end of a command's standard input.
package struct CommandInput: Sendable {
    let descriptor: Int32

    /// Blocks until the command (or the pipe) has taken all of it.
    ///
    /// - Throws: `CommandInput.Closed` when the command reads no more.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        // SIGPIPE is blocked on this thread, so that a reader that is gone is an error here and not our end.
        if Files.writeAll(bytes, to: descriptor) != 0 { throw Closed() }
    }

    package func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// The command has closed its standard input, or has ended.
    package struct Closed: Error {}
}
