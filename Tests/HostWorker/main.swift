// A process of its own for tests that kill one: it works on a store, holds a lock, or runs a command, until its end.
//
//     HostWorker store ROOT               adds blobs and step results for ever; a line for each round
//     HostWorker stage ROOT               makes a staging and a scratch folder with a file, prints both, waits
//     HostWorker clean ROOT               removes everything from the store for ever; a line for each round
//     HostWorker use ROOT STEP BLOB       begins a run, takes a step's result and a blob into use, prints `used`, waits
//     HostWorker lock ROOT NAME [begin]   takes the lock, prints `locked`, waits; with a run that has begun
//     HostWorker commit ROOT NAME TEXT    commits a result of step NAME, prints what the store then has
//     HostWorker fetch ROOT URL HEX SIZE  downloads a blob, prints its path or the error
//     HostWorker run PROGRAM ARGUMENT…    runs a command, prints its standard output's lines

import ContentDigest
import FileTrees
import Glibc
import HostSystem

func say(_ line: String) {
    print(line)
    fflush(nil)
}

func wait() async throws { try await Task.sleep(for: .seconds(600)) }

func record(_ inputs: StepInputs, _ name: String) -> StepRecord {
    StepRecord(kind: "test", name: name, inputs: inputs, createdAt: 1, seconds: 1)
}

func work(_ words: [String]) async throws {
    if words[0] == "run" {
        let runner = CommandRunner(progress: .silent)
        let command = Command(words[1], Array(words[2...])).with { $0.output = .lines { say($0) } }
        _ = try await runner.run(command)
        return
    }
    let host = try Host(testing: words[1])
    do {
        try await work(words, host)
    } catch {
        try? await host.close()
        throw error
    }
    try await host.close()
}

func work(_ words: [String], _ host: Host) async throws {
    switch words[0] {
    case "store":
        for round in 0..<100_000 {
            let staging = try host.store.newStaging()
            try Files.makeFolder("\(staging)/sub")
            for file in 0..<5 { try Files.write("\(round) \(file)", to: "\(staging)/sub/\(file)") }
            var inputs = StepInputs()
            inputs.add("round", text: "\(round)")
            _ = try host.store.commit(staging: staging, as: inputs.digest, record: record(inputs, "store"))
            let file = "\(try host.scratch.newFolder())/file"
            try Files.write([UInt8](repeating: UInt8(round & 255), count: 20_000 + round), to: file)
            _ = try host.store.addBlob(moving: file, expecting: nil)
            say("\(round)")
        }
    case "stage":
        let staging = try host.store.newStaging()
        let scratch = try host.scratch.newFolder()
        for folder in [staging, scratch] { try Files.write("half", to: "\(folder)/file") }
        say(staging)
        say(scratch)
        try await wait()
    case "clean":
        for round in 0..<100_000 {
            try host.store.beginRun()
            _ = try host.store.gc(maxSize: 0, olderThan: nil, now: Host.clock())
            try host.store.closeRun()
            say("\(round)")
        }
    case "use":
        try host.store.beginRun()
        guard let step = Digest(hex: words[2]), let blob = Digest(hex: words[3]) else { return say("no digests") }
        let isThere = try host.store.entry(step) != nil && host.store.blob(blob) != nil
        say(isThere ? "used" : "not there")
        try await wait()
    case "lock":
        if words.count > 3 { try host.store.beginRun() }
        try await host.store.withLock(words[2]) {
            say("locked")
            try await wait()
        }
    case "commit":
        var inputs = StepInputs()
        inputs.add("name", text: words[2])
        let staging = try host.store.newStaging()
        try Files.write(words[3], to: "\(staging)/text")
        let entry = try host.store.commit(staging: staging, as: inputs.digest, record: record(inputs, words[2]))
        say(try Files.readText("\(entry.path)/text"))
    case "fetch":
        let request = DownloadRequest(
            words[2], to: .blob(Digest(hex: words[3]) ?? Digest.of(""), size: Int64(words[4])), title: "file")
        say(try await host.downloader.fetch(request, step: "fetch").path)
    default:
        say("unknown: \(words)")
    }
}

do {
    try await work(Array(CommandLine.arguments.dropFirst()))
} catch {
    if let error = error as? HostError {
        say("error: \(error.code.rawValue): \(error.message)")
        say("hint: \(error.hint ?? "none")")
    } else {
        say("error: \(error)")
    }
    exit(1)
}
