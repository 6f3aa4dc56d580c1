/// MD5, which dpkg records files with; of no use against anybody, and used for nothing else.
package struct MD5: ~Copyable {
    private let state = HashState(.md5)

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bytes) }

    /// 32 lower-case hexadecimal digits.
    package consuming func finalize() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = state.finalize(count: 16)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
