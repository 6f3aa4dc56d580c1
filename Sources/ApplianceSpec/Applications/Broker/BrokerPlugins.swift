import Diagnostics

// What RabbitMQ itself would find out only when it starts, and then not start.
extension BrokerKind {
    /// What Debian's rabbitmq-server brings, in 3.10 (bookworm) or 4.0 (trixie), besides the protocols: the folders of
    /// /usr/lib/rabbitmq/lib/rabbitmq_server-VERSION/plugins.
    private static let brought = [
        "amqp1_0", "auth_backend_cache", "auth_backend_http", "auth_backend_ldap", "auth_backend_oauth2",
        "auth_mechanism_ssl", "consistent_hash_exchange", "event_exchange", "federation", "federation_management",
        "federation_prometheus", "jms_topic_exchange", "management_agent", "peer_discovery_aws",
        "peer_discovery_common", "peer_discovery_consul", "peer_discovery_etcd", "peer_discovery_k8s", "prometheus",
        "random_exchange", "recent_history_exchange", "sharding", "shovel", "shovel_management", "shovel_prometheus",
        "stream", "stream_common", "stream_management", "top", "tracing", "trust_store", "web_dispatch",
        "web_mqtt_examples", "web_stomp_examples",
    ].map { "rabbitmq_\($0)" }

    /// One that the spec's own files or packages bring is right, so that this is a warning.
    static func checkPlugin(_ plugin: Located<String>, with decoder: inout SpecDecoder) {
        guard TextRule.brokerPlugin.accepts(plugin.value), !brought.contains(plugin.value) else { return }
        let whole = "rabbitmq_\(plugin.value)"
        let near =
            brought.contains(whole) ? "did you mean '\(whole)'?" : suggestion(for: plugin.value, in: brought)
        decoder.warn(
            "unknown-plugin", "Debian's RabbitMQ brings no plug-in '\(plugin.value)', and does not start without it",
            plugin.range, hint: near ?? "put its .ez file into /usr/lib/rabbitmq/plugins with 'files'")
    }

    /// The regular expressions of a permission. RabbitMQ's are PCRE, of which Swift's parser knows most: of one that has what
    /// it may not know, lookbehind or recursion say, this says only that it may be wrong.
    static func checkPatterns(_ permission: SpecNode, with decoder: inout SpecDecoder) {
        for key in ["configure", "write", "read"] {
            guard let pattern = permission.text(key), (try? Regex(pattern.value)) == nil else { continue }
            guard !["(?", "(*", "\\"].contains(where: pattern.value.contains) else {
                decoder.warn(
                    "unread-pattern",
                    "'\(pattern.value)' is no regular expression that is understood here, and RabbitMQ refuses what it does "
                        + "not understand either", pattern.range)
                continue
            }
            decoder.fail(
                "bad-pattern", "'\(pattern.value)' is not a regular expression", pattern.range,
                hint: "'.*' is everything; 'orders[.].*' what begins with 'orders.'")
        }
    }
}
