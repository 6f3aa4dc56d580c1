import FileTrees
import Glibc
import HostSystem
import Synchronization

/// A web server on loopback, for what a file: mirror cannot show: content types, and a mirror out of reach.
struct TestServer: Sendable {
    let url: String
    private let task: Task<Void, any Error>

    /// Serves the folder; what lies below `simple/` as a package index does, a folder's `index.json` as PEP 691 JSON.
    init(folder: String) async throws {
        let script = """
            import functools, http.server, os
            class Handler(http.server.SimpleHTTPRequestHandler):
                def send_head(self):
                    path = self.translate_path(self.path)
                    if os.path.isfile(os.path.join(path, "index.json")):
                        self.path = self.path.rstrip("/") + "/index.json"
                    return super().send_head()
                def guess_type(self, path):
                    if path.endswith("index.json"):
                        return "application/vnd.pypi.simple.v1+json"
                    return super().guess_type(path)
                def log_message(self, *arguments):
                    pass
            class Server(http.server.ThreadingHTTPServer):
                def handle_error(self, *arguments): pass
            server = Server(("127.0.0.1", 0), functools.partial(Handler, directory="\(folder)"))
            print("port", server.server_address[1], flush=True)
            server.serve_forever()

            """
        let port = Mutex<String?>(nil)
        let shared = Shared(port)
        let runner = CommandRunner(
            progress: ProgressSink { event in
                if case .log(let line) = event, line.hasPrefix("port ") {
                    shared.port.withLock { $0 = String(line.dropFirst(5)) }
                }
            })
        task = Task { _ = try await runner.run(Command("python3", ["-u", "-c", script])) }
        for _ in 0..<600 {
            if let port = shared.port.withLock({ $0 }) {
                url = "http://127.0.0.1:\(port)"
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        task.cancel()
        throw HostError(.commandFailed, "the test server does not come up")
    }

    func stop() async {
        task.cancel()
        _ = try? await task.value
    }

    private final class Shared: Sendable {
        let port: Mutex<String?>
        init(_ port: consuming sending Mutex<String?>) { self.port = port }
    }
}
