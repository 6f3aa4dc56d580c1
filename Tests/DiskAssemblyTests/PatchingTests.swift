import Testing

@testable import DiskAssembly

/// What making a disk out of the last one reads and writes by itself.
@Suite struct PatchingTests {
    @Test func `places are read from what debugfs answers, and anything else is no answer`() {
        let answers = """
            debugfs: imap "/etc/hosts"
            Inode 34 is part of block group 0
            \tlocated at block 131, offset 0x0100
            debugfs: blocks "/etc/hosts"
            9372 9373\u{20}
            debugfs: imap "/etc/a b"
            Inode 35 is part of block group 0
            \tlocated at block 131, offset 0x0200
            debugfs: blocks "/etc/a b"
            7\u{20}

            """
        let places = Ext4Places(answers: answers, count: 2, blockSize: 4096)
        let expected: [Ext4Places.Place] = [
            .init(inode: 34, offset: 536_832, blocks: [9372, 9373]), .init(inode: 35, offset: 537_088, blocks: [7]),
        ]
        #expect(places?.places == expected)
        #expect(Ext4Places(answers: answers, count: 3, blockSize: 4096) == nil)
        let missing = "debugfs: imap \"/x\"\n/x: File not found by ext2_lookup\u{20}\n"
        #expect(Ext4Places(answers: missing, count: 1, blockSize: 4096) == nil)
        #expect(Ext4Places.requests(["a b"]) == "imap \"/a b\"\nblocks \"/a b\"\n")
        #expect(Ext4Places.requests(["a\nb"]) == nil && Ext4Places.requests(["a\"b"]) == nil)
    }
}
