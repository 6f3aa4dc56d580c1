import ApplianceSpec
import ArgumentParser
import FileTrees
import Foundation
import HostSystem
import Kickstart
import Synchronization

/// How the Kickstart files among the specs are read.
struct ReadingOptions: ParsableArguments {
    @Flag(help: "Leave out what a Kickstart asks for and cannot be done, with a warning in place of an error.")
    var allowUnsupported = false

    @Option(
        help:
            "Read Kickstart files as this version of the language: f45, rhel10 and the like (otherwise: all of them together)."
    )
    var dialect: Dialect?

    @Option(
        name: .customLong("target"),
        help: "Make this target in place of the spec's own; may be given several times. docs/deploy.md lists them.")
    var targets: [Target] = []

    @Flag(help: "Fetch what a Kickstart includes by a URL.")
    var allowUrls = false

    var reading: SpecReading {
        var reading = SpecReading(allowsUnsupported: allowUnsupported, dialect: dialect)
        reading.targets = targets
        if allowUrls { reading.fetch = { Self.fetch($0) } }
        return reading
    }

    /// For a call of Stonebake's own.
    var arguments: [String] {
        (allowUnsupported ? ["--allow-unsupported"] : [])
            + (dialect.map { ["--dialect", $0.description] } ?? []) + (allowUrls ? ["--allow-urls"] : [])
            + targets.flatMap { ["--target", $0.rawValue] }
    }

    /// Waits for the answer: a file is read line by line, and what an included one says may end a section.
    private static func fetch(_ url: String) -> KickstartLoading {
        let answer = FetchedText()
        let environment = ProcessInfo.processInfo.environment
        Task.detached { answer.set(await load(url, environment)) }
        return answer.wait()
    }

    private static func load(_ url: String, _ environment: [String: String]) async -> KickstartLoading {
        var request = HTTPRequest(url)
        request.followsRedirects = true
        request.bodyLimit = 4 << 20
        do {
            let response = try await HTTPClient(environment: environment).send(request)
            guard response.status < 400 else { return .failed("the server answered with \(response.status)") }
            guard let text = String(validating: response.body, as: UTF8.self) else {
                return .failed("it is not UTF-8 text")
            }
            return .text(text)
        } catch let error as HostError {
            return .failed(error.message)
        } catch {
            return .failed("\(error)")
        }
    }
}

/// A text that another task brings.
private final class FetchedText: Sendable {
    private let loading = Mutex<KickstartLoading>(.notFound)
    private let isThere = DispatchSemaphore(value: 0)

    func set(_ value: KickstartLoading) {
        loading.withLock { $0 = value }
        isThere.signal()
    }

    func wait() -> KickstartLoading {
        isThere.wait()
        return loading.withLock { $0 }
    }
}

extension Target: ExpressibleByArgument {}

extension Dialect: ExpressibleByArgument {
    public init?(argument: String) { self.init(named: argument) }
}
