/// SHA-1, with which XVA marks its chunks; of no use against anybody, and used for nothing else.
package struct SHA1: ~Copyable {
    private let state = HashState(.sha1)

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bytes) }

    /// 40 lower-case hexadecimal digits.
    package consuming func finalize() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = state.finalize(count: 20)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
