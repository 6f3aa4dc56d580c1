import Testing

@testable import BootCheck

@Suite struct ConsoleTests {
    /// What real guests wrote, and what it means.
    static let recordings: [(text: String, kind: BootTrouble.Kind?)] = [
        (
            "[    4.371] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n",
            .kernelPanic
        ),
        ("\u{1b}[1;31m---[ end Kernel panic - not syncing: Attempted to kill init! ]---\u{1b}[0m\n", .kernelPanic),
        (
            "ALERT!  /dev/nowhere does not exist.  Dropping to a shell!\r\n\r\n\r\nBusyBox v1.35.0 built-in shell (ash)\r\n"
                + "Enter 'help' for a list of built-in commands.\r\n\r\n(initramfs) ", .initramfsShell
        ),
        ("\u{1b}[6ndracut:/# ", .initramfsShell),
        (
            // Debian 13 with systemd.unit=emergency.target and no root password.
            "[\u{1b}[0;1;31mFAILED\u{1b}[0m] Failed to start \u{1b}[0;1;39msystemd-growfs-root.service\u{1b}[0m.\r\r\n"
                + "[   25.178578] systemd[1]: System is tainted: unmerged-bin\r\n"
                + "You are in emergency mode. After logging in, type \"journalctl -xb\" to view\r\n"
                + "system logs, \"systemctl reboot\" to reboot, or \"exit\"\r\nto continue bootup.\r\n\r\n"
                + "Cannot open access to console, the root account is locked.\r\n", .emergencyShell
        ),
        ("\r\nCannot open access to console, the root account is locked.\r\n", .emergencyShell),
        ("error: no such partition.\r\nEntering rescue mode...\r\n\u{1b}[0m\u{1b}[7mgrub rescue> ", .bootLoaderPrompt),
        ("\u{1b}[4;1H\u{1b}[0m\u{1b}[37m\u{1b}[40mgrub> ", .bootLoaderPrompt),
        (
            "\u{1b}c\u{1b}[?7l\u{1b}[2J\u{1b}[0mSeaBIOS (version 1.16.3)\r\nBooting from Hard Disk...\r\n"
                + "Boot failed: not a bootable disk\r\n\nNo bootable device.\r\n", .noBootableDevice
        ),
        ("BdsDxe: No bootable option or device was found.\r\n", .noBootableDevice),
        ("\u{1b}[2J\u{1b}[01;01HUEFI Interactive Shell v2.2\r\nEDK II\r\n", .uefiShell),
        (
            "BdsDxe: failed to load Boot0001 \"UEFI Misc Device\" from PciRoot(0x0)/Pci(0x3,0x0): Access Denied\r\n",
            .secureBoot
        ),
        ("Verification failed: (0x1A) Security Violation\r\n", .secureBoot),
        ("error: bad shim signature.\r\n", .secureBoot),
        ("[    5.1] systemd[1]: Freezing execution.\r\n", .initFroze),
        // What is no trouble.
        ("[    0.0] Command line: panic=-1 root=UUID=1\r\nDebian GNU/Linux 13 test ttyS0\r\n\r\ntest login: ", nil),
        ("myapp[12]: wrote '(initramfs)' and 'grub> ' into the log\n", nil),
        ("[  OK  ] Reached target emergency-net.target\nLoading initial ramdisk ...\n", nil),
    ]

    @Test(arguments: recordings)
    func `what a console says is understood`(recording: (text: String, kind: BootTrouble.Kind?)) {
        var watcher = ConsoleWatcher()
        #expect(watcher.add(recording.text.utf8)?.kind == recording.kind)
    }

    @Test(arguments: recordings)
    func `it is understood whatever the chunks are`(recording: (text: String, kind: BootTrouble.Kind?)) {
        let bytes = Array(recording.text.utf8)
        for size in [1, 2, 3, 7] {
            var watcher = ConsoleWatcher()
            var found: [BootTrouble.Kind] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                if let trouble = watcher.add(bytes[start..<min(start + size, bytes.count)]) {
                    found.append(trouble.kind)
                }
            }
            #expect(found == (recording.kind.map { [$0] } ?? []), "chunks of \(size)")
        }
    }

    @Test func `escape sequences and control characters are dropped`() {
        let text =
            "\u{1b}[32m[  OK  ]\u{1b}[0m Started \u{1b}[0;1;39mnginx\u{1b}[0m.\r\n\u{1b}]0;title\u{7}a\u{0}b\u{8}\tc\r\n"
            + "\u{1b}(Bplain \u{e9}\r\n\u{1b}P+q\u{1b}\\end"
        #expect(ConsoleText.lines(of: text.utf8) == ["[  OK  ] Started nginx.", "ab c", "plain \u{e9}", "end"])
    }

    @Test func `what firmware paints at another place is another line`() {
        let text = "Press any key\u{1b}[05;01HBdsDxe: starting\u{1b}[2Jnew"
        #expect(ConsoleText.lines(of: text.utf8) == ["Press any key", "BdsDxe: starting", "new"])
    }

    @Test func `a binary flood does not fill the memory`() {
        var text = ConsoleText()
        _ = text.add(repeatElement(UInt8(ascii: "x"), count: 1_000_000))
        #expect(text.partial.count == 4096)
        var watcher = ConsoleWatcher()
        for number in 0..<10_000 { _ = watcher.add("line \(number)\n".utf8) }
        #expect(watcher.lines.count == ConsoleWatcher.kept)
        #expect(watcher.last(2) == ["line 9998", "line 9999"])
    }

    @Test func `an excerpt holds what led to the trouble and the start of what followed`() {
        var watcher = ConsoleWatcher()
        for number in 0..<30 { _ = watcher.add("before \(number)\n".utf8) }
        _ = watcher.add("Kernel panic - not syncing: dead\n".utf8)
        for number in 0..<100 { _ = watcher.add("trace \(number)\n".utf8) }
        let excerpt = watcher.excerpt(30)
        #expect(excerpt.count == 30)
        #expect(excerpt.first == "before 20")
        #expect(excerpt[10] == "Kernel panic - not syncing: dead")
        #expect(excerpt.last == "trace 18")
    }

    @Test(arguments: [
        ("ls\r", "ls\r", false), ("a\u{1}\u{1}b", "a\u{1}b", false), ("a\u{1}xb", "a", true),
        ("\u{1}zb", "\u{1}zb", false),
        ("\u{3}", "\u{3}", false),
    ])
    func `keys go to the guest but what follows Ctrl-a`(typed: String, sent: String, quits: Bool) {
        var keys = ConsoleKeys()
        var whole = ConsoleKeys.Result()
        // Key by key, as they come.
        for byte in typed.utf8 {
            let result = keys.add([byte])
            whole.bytes += result.bytes
            if result.isQuit {
                whole.isQuit = true
                break
            }
        }
        #expect(String(decoding: whole.bytes, as: UTF8.self) == sent)
        #expect(whole.isQuit == quits)
    }
}
