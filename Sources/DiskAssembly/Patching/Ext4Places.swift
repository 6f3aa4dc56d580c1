/// Where files lie in an ext4 filesystem, as debugfs(8) tells it.
struct Ext4Places: Equatable {
    struct Place: Equatable {
        var inode: UInt32
        /// Bytes from the filesystem's beginning.
        var offset: Int64
        /// Numbers of its blocks, in the order of its content; those of its extent tree too, where it needs one.
        var blocks: [Int64]
    }

    var places: [Place]

    /// A request for each file and what is asked of it.
    ///
    /// - Returns: nil for a path that a request cannot hold.
    static func requests(_ paths: [String]) -> String? {
        guard !paths.contains(where: { $0.unicodeScalars.contains { $0 == "\"" || $0 == "\\" || $0.value < 32 } })
        else {
            return nil
        }
        return paths.map { "imap \"/\($0)\"\nblocks \"/\($0)\"\n" }.joined()
    }

    /// Reads the answers:
    ///
    ///     debugfs: imap "/etc/hosts"
    ///     Inode 34 is part of block group 0
    ///             located at block 131, offset 0x0100
    ///     debugfs: blocks "/etc/hosts"
    ///     9372
    ///
    /// - Returns: nil unless there is one for each file, of that shape.
    init?(answers: String, count: Int, blockSize: Int64) {
        places = []
        var inode: UInt32?
        var offset: Int64?
        for line in answers.split(separator: "\n") {
            let words = line.split(whereSeparator: { " \t,".contains($0) })
            if line.hasPrefix("debugfs:") { continue }
            if words.first == "Inode", words.count > 1 {
                inode = UInt32(words[1])
            } else if words.starts(with: ["located", "at", "block"]), words.count == 6, words[5].hasPrefix("0x") {
                guard let block = Int64(words[3]), let rest = Int64(words[5].dropFirst(2), radix: 16) else {
                    return nil
                }
                offset = block * blockSize + rest
            } else {
                let blocks = words.map { Int64($0) }
                guard let number = inode, let place = offset, !blocks.contains(nil) else { return nil }
                places.append(Place(inode: number, offset: place, blocks: blocks.compactMap { $0 }))
                (inode, offset) = (nil, nil)
            }
        }
        guard places.count == count else { return nil }
    }
}
