import FoundationEssentials
import Glibc
import Testing

@testable import FileTrees
@testable import HostSystem
@testable import SandboxInside

/// Trees in layers, which the kernel's overlayfs makes and is the judge of.
@Suite struct LayeredTreeTests {
    @Test func `a walk over layers tells what a walk over an overlay of them tells, to the byte`() async throws {
        let stack = try await LayerStack(Self.first, Self.second, Self.third)
        try await stack.stream(stack.layers).write(to: "\(stack.path)/merged.tar", host: stack.host)
        try await stack.packMounted(to: "\(stack.path)/mounted.tar")
        let merged = try Files.read("\(stack.path)/merged.tar")
        #expect(try merged == Files.read("\(stack.path)/mounted.tar"))
        let entries = try stack.entries("merged.tar")
        #expect(entries.map(\.path) == Self.left)

        func entry(_ path: String) throws -> ArchiveEntry { try #require(entries.first { $0.path == path }) }
        #expect(try entry("linked/b").kind == .hardLink(target: "linked/a"))
        #expect(try entry("linked/c").kind == .file)
        #expect(try entry("linked/e").kind == .file, "its other name is gone, and it is a file as before")
        #expect(try entry("marked/program").attributes.map(\.name) == ["security.capability", "user.note"])
        #expect(try entry("modes/folder").mode == 0o2701)
        #expect(try entry("modes/deep/folder").attributes == [.init(name: "user.note", value: Array("third".utf8))])
        #expect(try entry("swapped/to-link").kind == .symlink(target: "../kept"))

        // A walk that opens no files, as `measure` does it.
        var walker = TreeWalker(clampingTimesTo: LayerStack.timestamp)
        walker.opensFiles = false
        var walked: [ArchiveEntry] = []
        try walker.walk(LayeredTree(stack.layers)) { (entry, _) in walked.append(entry) }
        // Who is not root owns, from outside, others.
        if geteuid() == 0 { #expect(walked == entries) } else { #expect(walked.map(\.path) == entries.map(\.path)) }
    }

    @Test func `a folder of the layers is a root too, and what is left out in it is a path in it`() async throws {
        let stack = try await LayerStack(Self.first, Self.second, Self.third)
        var stream = stack.stream(stack.layers)
        stream.below = "modes/deep"
        stream.leavingOut = ["folder"]
        try await stream.write(to: "\(stack.path)/below.tar", host: stack.host)
        #expect(try stack.entries("below.tar").map(\.path) == ["", "folder"])
        stream.leavingOut = []
        stream.below = "again"
        try await stream.write(to: "\(stack.path)/again.tar", host: stack.host)
        #expect(try stack.entries("again.tar").map(\.path) == ["", "new"])
        for path in ["swapped/to-file", "swapped/to-link", "gone-folder", "gone-folder/sub"] {
            stream.below = path
            let other = stream
            let error = await #expect(throws: HostError.self) {
                try await other.write(to: "\(stack.path)/none.tar", host: stack.host)
            }
            #expect(error?.message == "there is no folder '/\(path)' in the tree")
        }
    }

    @Test func `files are found in the layer that shows them, and never through a link`() async throws {
        let stack = try await LayerStack(Self.first, Self.second, Self.third)
        let tree = LayeredTree(stack.layers)
        func layer(_ path: String) throws -> Int? {
            guard let place = try tree.place(of: path) else { return nil }
            return stack.layers.firstIndex { "\($0)/\(path)" == place } ?? -1
        }
        #expect(try layer("kept/a") == 0)
        #expect(try layer("linked/c") == 1)
        #expect(try layer("again/new") == 2)
        let absent = [
            "gone", "again/old", "kept", "swapped/to-link", "swapped/to-link/a", "swapped/to-file/x", "no/way",
        ]
        for path in absent { #expect(try tree.place(of: path) == nil, "\(path)") }
        #expect(try tree.files(in: "swapped").map(\.name) == ["to-file"])
        #expect(try tree.files(in: "linked").map(\.name) == ["a", "b", "c", "e"])
        #expect(try tree.files(in: "gone-folder").isEmpty)
    }

    @Test func `whiteouts that are files, and the mark that says so, are obeyed`() async throws {
        let stack = try await LayerStack("mkdir -p d/kept d/opaque; touch d/a d/b d/c d/kept/old d/opaque/x")
        // An overlay lets nobody write its marks.
        try await stack.addBeside(
            """
            mkdir -p d/kept d/opaque; : >d/a; printf x >d/b; : >d/c; : >d/kept/old; : >d/opaque/new
            attribute user.overlay.opaque x d d/kept; attribute user.overlay.opaque y d/opaque
            attribute user.overlay.whiteout y d/a d/b d/kept/old
            """)
        try await stack.addBeside("mkdir -p d/kept; touch d/kept/new; attribute user.overlay.opaque no d/kept")
        let left = ["", "d", "d/b", "d/c", "d/kept", "d/kept/new", "d/opaque", "d/opaque/new"]
        #expect(try stack.walked() == left)
        if try stack.kernel() >= (6, 8) {
            try await stack.packMounted(to: "\(stack.path)/mounted.tar")
            #expect(try stack.entries("mounted.tar").map(\.path) == left)
        }
    }

    @Test func `a whiteout hides nothing where a layer lies on others than it was written on, and is not shown`()
        async throws
    {
        let stack = try await LayerStack("mkdir d; touch d/a", "rm d/a; touch d/b")
        #expect(try stack.walked() == ["", "d", "d/b"])
        var walker = TreeWalker(clampingTimesTo: 0)
        var paths: [String] = []
        try walker.walk(stack.layers[1]) { (entry, _) in paths.append(entry.path) }
        #expect(paths == ["", "d", "d/b"])
        // Which is part of what a layer says, where two of them are compared.
        walker.tellsOverlayMarks = true
        paths = []
        try walker.walk(stack.layers[1]) { (entry, _) in paths.append("\(entry.path) \(entry.kind)") }
        #expect(paths[2] == "d/a characterDevice(major: 0, minor: 0)")
    }

    @Test(arguments: ["redirect", "metacopy"])
    func `what an overlay of ours would refuse is refused`(mark: String) async throws {
        let stack = try await LayerStack("mkdir d; touch d/file", "touch d/file; true")
        let path = mark == "redirect" ? "d" : "d/file"
        try await stack.run("attribute user.overlay.\(mark) /other \(stack.layers[1])/\(path)")
        let error = #expect(throws: HostError.self) { try stack.walked() }
        #expect(error?.message.contains("'/\(path)' has the attribute user.overlay.\(mark)") == true)
        // A layer that is looked at alone is what it is.
        var walker = TreeWalker(clampingTimesTo: 0)
        walker.tellsOverlayMarks = true
        try walker.walk(stack.layers[1]) { (_, _) in }
    }

    @Test func `names that Unicode takes for one are two`() async throws {
        let names = ["e\u{301}", "\u{e9}"]
        let stack = try await LayerStack("printf 1 >'\(names[0])'", "printf 2 >'\(names[1])'")
        #expect(try stack.walked().dropFirst().map { Array($0.utf8) } == names.map { Array($0.utf8) })
    }

    private static let first = """
        mkdir -p kept gone-folder/sub again/sub linked modes/folder modes/deep/folder swapped/to-link swapped/to-file marked
        mkdir -p both twice/x 'odd names' swapped/three empty
        printf kept >kept/a; printf gone >gone; printf x >gone-folder/sub/x; printf old >again/old; printf x >again/sub/y
        printf a >linked/a; ln linked/a linked/b; ln linked/a linked/c; printf d >linked/d; ln linked/d linked/e
        printf x >modes/folder/x; printf x >modes/deep/folder/x; touch -d @100 modes/deep/folder/x modes/folder
        printf x >swapped/to-link/a; printf x >swapped/to-file/x; printf x >swapped/to-folder; printf 3 >swapped/three/low
        printf program >marked/program; chmod 4755 marked/program
        attribute user.note first marked/program
        capability 20 marked/program
        printf 1 >both/a; printf 1 >both/b; printf 1 >both/z; printf 1 >twice/x/a
        mkfifo pipe; ln -s kept link; printf x >moved
        printf n >"odd names/$(printf 'line\\nbreak')"; printf n >'odd names/-rf'; printf n >'odd names/ü:,\\'
        printf n >'odd names/.wh.kept'; chown 12:34 'odd names/-rf'; truncate -s 100000 kept/holes
        """
    private static let second = """
        rm gone; rm -r gone-folder again; mkdir again; printf 2 >again/second
        printf changed >>linked/c; rm linked/d
        chmod 2701 modes/folder; attribute user.note second modes/deep/folder
        rm -r swapped/to-link; ln -s ../kept swapped/to-link
        rm -r swapped/to-file; printf file >swapped/to-file
        rm swapped/to-folder; mkdir swapped/to-folder; printf x >swapped/to-folder/in
        rm -r swapped/three; printf file >swapped/three
        printf 2 >both/b; printf 2 >both/c; rm both/z; rm -r twice/x; mkdir twice/x; printf 2 >twice/x/b
        mv moved moved-here; capability 04 marked/program
        rm 'odd names/.wh.kept'; touch -d @200 kept/a-new; rmdir empty; chown 7:8 kept
        """
    private static let third = """
        rm -r again; mkdir again; printf 3 >again/new
        attribute user.note third modes/deep/folder; touch -d @300 modes/deep/folder
        rm swapped/three; mkdir swapped/three; printf 3 >swapped/three/high
        printf 3 >both/z; rm both/c; printf 3 >both/d; printf 3 >twice/x/c; chmod 700 twice
        rm link; mkdir link; printf 3 >link/file; mkdir gone-folder; printf gone >gone-folder/sub
        rm -r gone-folder; rm kept/a-new; mkfifo empty
        """
    private static let left = [
        "", "again", "again/new", "both", "both/a", "both/b", "both/d", "both/z", "empty", "kept", "kept/a",
        "kept/holes",
        "link", "link/file", "linked", "linked/a", "linked/b", "linked/c", "linked/e", "marked", "marked/program",
        "modes",
        "modes/deep", "modes/deep/folder", "modes/deep/folder/x", "modes/folder", "modes/folder/x", "moved-here",
        "odd names", "odd names/-rf", "odd names/line\nbreak", "odd names/ü:,\\", "pipe", "swapped", "swapped/three",
        "swapped/three/high", "swapped/to-file", "swapped/to-folder", "swapped/to-folder/in", "swapped/to-link",
        "twice",
        "twice/x", "twice/x/b", "twice/x/c",
    ]
}

/// Layers that scripts write in sandboxes, each on an overlay of those before it.
private final class LayerStack {
    static let timestamp: Int64 = 1_700_000_000
    let path: String
    let host: Host
    /// The lowest first.
    private(set) var layers: [String] = []

    init(_ scripts: String...) async throws {
        path = try Files.newFolder(in: "/tmp", named: "stonebake-layers")
        host = try Host(testing: "\(path)/cache")
        for script in scripts { try await add(script) }
    }

    deinit { try? removeTree(path) }

    func add(_ script: String) async throws {
        let layer = "\(path)/layer-\(layers.count)"
        try Files.makeFolder(layer)
        try await run("cd \"$STONEBAKE_ROOT\"; \(script)", upper: layer)
        layers.append(layer)
    }

    /// Adds a layer that is written without the others.
    func addBeside(_ script: String) async throws {
        let others = layers
        layers = []
        defer { layers = others + ["\(path)/beside-\(others.count)"] }
        try Files.makeFolder("\(path)/beside-\(others.count)")
        try await run("cd \"$STONEBAKE_ROOT\"; \(script)", upper: "\(path)/beside-\(others.count)")
    }

    func kernel() throws -> (Int, Int) {
        let numbers = try Files.readText("/proc/sys/kernel/osrelease").split { !$0.isNumber }.prefix(2).compactMap {
            Int($0)
        }
        try #require(numbers.count == 2)
        return (numbers[0], numbers[1])
    }

    func run(_ script: String, upper: String? = nil) async throws {
        let command = Command("/bin/sh", ["-ec", Self.functions + script])
        let job = SandboxJob(layers: layers, upper: upper, command: command).with { $0.chroot = false }
        try await Sandbox(host: host).check(job, purpose: "writing a layer")
    }

    /// `attribute NAME VALUE FILE…` and `capability HEX FILE`.
    private static let functions = """
        attribute() {
            python3 -c 'import os, sys
        for file in sys.argv[3:]: os.setxattr(file, sys.argv[1], sys.argv[2].encode())' "$@"
        }
        capability() {
            python3 -c 'import os, sys
        value = bytes([1, 0, 0, 2, 0, int(sys.argv[1], 16)]) + bytes(14)
        os.setxattr(sys.argv[2], "security.capability", value)' "$@"
        }

        """

    func stream(_ layers: [String]) -> TreeStream { TreeStream(layers: layers, timestamp: Self.timestamp) }

    /// Packs an overlay of the layers, as the one folder that it is.
    func packMounted(to tar: String) async throws {
        let order = PackOrder(
            output: tar, layers: ["ROOT"], timestamp: Self.timestamp, below: "", leavingOut: [])
        let text = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
        let words = ([host.worker] + WorkerCommand.words(["pack"])).map(Command.quoted).joined(separator: " ")
        try await run("\(words) \"$(printf %s \(Command.quoted(text)) | sed \"s|ROOT|$STONEBAKE_ROOT|\")\"")
    }

    func entries(_ tar: String) throws -> [ArchiveEntry] {
        let reader = try ArchiveReader(path: "\(path)/\(tar)")
        var entries: [ArchiveEntry] = []
        while var entry = try reader.next() {
            entry.path = String(entry.path.dropFirst(2))
            if entry.path.hasSuffix("/") { entry.path.removeLast() }
            (entry.userName, entry.groupName) = (nil, nil)
            if case .hardLink(let target) = entry.kind { entry.kind = .hardLink(target: String(target.dropFirst(2))) }
            entries.append(entry)
        }
        return entries
    }

    func walked() throws -> [String] {
        var paths: [String] = []
        try TreeWalker(clampingTimesTo: 0).walk(LayeredTree(layers)) { (entry, _) in paths.append(entry.path) }
        return paths
    }
}
