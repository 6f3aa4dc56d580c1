import FileTrees
import Glibc

/// zstd's library, of the root in which this process runs: its version decides the bytes, so that it is the one of the
/// tools layer and not the machine's.
struct Zstandard: Sendable {
    private typealias Context = OpaquePointer
    private let newContext: @convention(c) () -> Context?
    private let free: @convention(c) (Context?) -> Int
    private let reset: @convention(c) (Context?, CInt) -> Int
    private let compress: @convention(c) (Context?, UnsafeMutableRawPointer, UnsafeMutableRawPointer, CInt) -> Int
    private let isError: @convention(c) (Int) -> CUnsignedInt
    private let frameSize: @convention(c) (UnsafeRawPointer, Int) -> Int
    private let contentSize: @convention(c) (UnsafeRawPointer, Int) -> CUnsignedLongLong

    // The dot keeps the loader from taking this for a library of the same name that it has loaded before this process came
    // into the root: the machine's, where somebody's LD_LIBRARY_PATH spells its folder so.
    #if arch(arm64)
        private static let path = "/usr/lib/aarch64-linux-gnu/./libzstd.so.1"
    #else
        private static let path = "/usr/lib/x86_64-linux-gnu/./libzstd.so.1"
    #endif

    /// - Throws: `HostError.toolMissing` where the root has none that this process can load.
    init() throws(HostError) {
        // This program may have loaded the machine's own, for libarchive. They must not call one another.
        guard let library = dlopen(Self.path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND) else {
            throw HostError(.toolMissing, "cannot load the tools' zstd: \(String(cString: dlerror()))")
        }
        newContext = try Self.function("ZSTD_createCCtx", library)
        free = try Self.function("ZSTD_freeCCtx", library)
        reset = try Self.function("ZSTD_CCtx_reset", library)
        compress = try Self.function("ZSTD_compressStream2", library)
        isError = try Self.function("ZSTD_isError", library)
        frameSize = try Self.function("ZSTD_findFrameCompressedSize", library)
        contentSize = try Self.function("ZSTD_getFrameContentSize", library)
    }

    private static func function<Function>(
        _ name: String, _ library: UnsafeMutableRawPointer
    ) throws(HostError) -> Function {
        guard let address = dlsym(library, name) else {
            throw HostError(.toolMissing, "the tools' zstd has no \(name)")
        }
        return unsafeBitCast(address, to: Function.self)
    }

    /// The frame with which the bytes begin; nil when they begin with none, with a part of one, or with one that holds
    /// anything but so many bytes, or is not smaller than they are. By its headers alone.
    func frame(in bytes: UnsafeRawBufferPointer, of count: Int) -> UnsafeRawBufferPointer? {
        guard let start = bytes.baseAddress, contentSize(start, bytes.count) == UInt64(count) else { return nil }
        let length = frameSize(start, bytes.count)
        guard isError(length) == 0, length < count else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[..<length])
    }

    /// Compresses pieces one after the other, each into a frame of its own, at the library's own level.
    final class Compressor {
        private let library: Zstandard
        private let context: Context

        init(_ library: Zstandard) throws(HostError) {
            guard let context = library.newContext() else {
                throw HostError(.fileSystem, "there is no memory for zstd")
            }
            self.library = library
            self.context = context
        }

        deinit { _ = library.free(context) }

        /// - Returns: the frame's bytes; nil when it has no room in `output`
        func compress(
            _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
        ) throws(HostError) -> Int? {
            /// ZSTD_inBuffer and ZSTD_outBuffer.
            struct Buffer {
                var start: UnsafeRawPointer?
                var size: Int
                var position = 0
            }
            /// ZSTD_EndDirective, ZSTD_ResetDirective.
            let (end, session): (CInt, CInt) = (2, 1)
            _ = library.reset(context, session)
            var source = Buffer(start: input.baseAddress, size: input.count)
            var target = Buffer(start: UnsafeRawPointer(output.baseAddress), size: output.count)
            let left = library.compress(context, &target, &source, end)
            guard library.isError(left) == 0 else { throw HostError(.archive, "zstd cannot compress: \(left)") }
            return left == 0 ? target.position : nil
        }
    }
}
