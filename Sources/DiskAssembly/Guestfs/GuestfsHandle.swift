internal import CGuestfs
internal import Glibc
import HostSystem
import Synchronization

/// A libguestfs handle (guestfs(3)): the one place that touches the C library. Calls block, so they are made on a
/// thread of their own; the library's own lock makes them follow one another.
final class GuestfsHandle: Sendable {
    /// Nil once it is closed. The pointer never leaves this class.
    private let pointer = Mutex<OpaquePointer?>(nil)
    private let messages: ApplianceMessages

    /// - Parameter environment: `LIBGUESTFS_…` and `XDG_RUNTIME_DIR` settings; nothing is read from the process's own.
    init(environment: [String: String], progress: ProgressSink) throws(DiskError) {
        let messages = ApplianceMessages(progress: progress)
        self.messages = messages
        pointer.withLock { pointer in
            pointer = sb_guestfs_create()
            guard pointer != nil else { return }
            guestfs_set_event_callback(
                pointer, { _, opaque, _, _, _, text, length, _, _ in ApplianceMessages.receive(opaque, text, length) },
                sb_guestfs_messages, 0, Unmanaged.passUnretained(messages).toOpaque())
        }
        let settings = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        try call("read its settings") { handle in
            withStringList(settings) { guestfs_parse_environment_list(handle, $0) }
        }
    }

    deinit { close() }

    /// Ends the appliance, when it runs, and frees the handle. Safe to call again.
    func close() {
        pointer.withLock { pointer in
            if let open = pointer {
                guestfs_set_error_handler(open, nil, nil)
                guestfs_close(open)
            }
            pointer = nil
        }
    }

    /// The last lines that the appliance and the library said.
    var lastMessages: [String] { messages.last }

    // MARK: The funnel

    /// Calls that return -1 on failure.
    @discardableResult
    func call(_ action: String, _ body: (OpaquePointer) -> Int32) throws(DiskError) -> Int32 {
        try pointer.withLock { (pointer) throws(DiskError) in
            let handle = try Self.open(pointer)
            let code = body(handle)
            if code == -1 { throw failure(action, handle) }
            return code
        }
    }

    /// Calls that return text, or nil on failure.
    func text(_ action: String, _ body: (OpaquePointer) -> UnsafeMutablePointer<CChar>?) throws(DiskError) -> String {
        try pointer.withLock { (pointer) throws(DiskError) in
            let handle = try Self.open(pointer)
            guard let result = body(handle) else { throw failure(action, handle) }
            defer { free(result) }
            return String(cString: result)
        }
    }

    /// Calls that return a list of strings, or nil on failure.
    func list(
        _ action: String, _ body: (OpaquePointer) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) throws(DiskError) -> [String] {
        try pointer.withLock { (pointer) throws(DiskError) in
            let handle = try Self.open(pointer)
            guard let result = body(handle) else { throw failure(action, handle) }
            defer { free(result) }
            var texts: [String] = []
            var next = result
            while let text = next.pointee {
                texts.append(String(cString: text))
                free(text)
                next += 1
            }
            return texts
        }
    }

    private static func open(_ pointer: OpaquePointer?) throws(DiskError) -> OpaquePointer {
        guard let pointer else { throw DiskError(.appliance, "the libguestfs appliance has been closed") }
        // Again before each call: guestfs_launch leaves the default handler behind, which prints on standard error.
        guestfs_set_error_handler(pointer, nil, nil)
        return pointer
    }

    /// Copies the library's message before anything is freed.
    private func failure(_ action: String, _ handle: OpaquePointer) -> DiskError {
        let reason = guestfs_last_error(handle).map { String(cString: $0) } ?? "no reason given"
        return DiskError(.appliance, "libguestfs cannot \(action): \(reason)", notes: messages.last)
    }
}

/// What the appliance and the library say: for the log, and the last lines for error messages.
private final class ApplianceMessages: Sendable {
    private let progress: ProgressSink
    private let lines = Mutex<[String]>([])

    init(progress: ProgressSink) {
        self.progress = progress
    }

    var last: [String] { lines.withLock { $0 } }

    /// The C callback's end.
    static func receive(_ opaque: UnsafeMutableRawPointer?, _ text: UnsafePointer<CChar>?, _ length: Int) {
        guard let opaque, let text else { return }
        let messages = Unmanaged<ApplianceMessages>.fromOpaque(opaque).takeUnretainedValue()
        let bytes = UnsafeRawBufferPointer(start: text, count: length)
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            messages.progress.send(.log("libguestfs: \(line)"))
            messages.lines.withLock { lines in
                lines.append(String(line))
                if lines.count > 20 { lines.removeFirst() }
            }
        }
    }
}

/// Lends the strings as a C string list: an array of pointers that ends with nil.
func withStringList<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() { list[index] = strdup(string) }
    list[strings.count] = nil
    defer {
        for index in strings.indices { free(list[index]) }
        list.deallocate()
    }
    return body(list)
}
