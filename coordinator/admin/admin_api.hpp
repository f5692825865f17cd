#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/http/server.hpp"
#include "coordinator/admin/admin_host.hpp"

namespace skerry::coordinator {

/// The calls of API.md. Loop's thread only.
class AdminApi {
public:
    /// `host` outlives it.
    explicit AdminApi(AdminHost& host) : host_(host) {}

    void handle(const http::Request& request, const http::Respond& respond);

private:
    using Path = std::vector<std::string>;

    void get(const Path& path, const http::Request& request, const http::Respond& respond);
    void post(const Path& path, const http::Request& request, const http::Respond& respond);
    void list_nodes(const http::Respond& respond) const;
    void show_node(const std::string& name, const http::Respond& respond) const;
    void list_models(const http::Request& request, const http::Respond& respond) const;
    void list_rounds(const http::Request& request, const http::Respond& respond) const;
    void show_round(const std::string& number, const http::Respond& respond) const;
    void explain_round(const std::string& number, const http::Respond& respond) const;
    void show_model(const std::string& number, const http::Respond& respond) const;
    void list_alarms(const http::Request& request, const http::Respond& respond) const;
    void show_alarm(const std::string& number, const http::Respond& respond) const;
    void list_errors(const http::Request& request, const http::Respond& respond) const;
    void create_token(const http::Request& request, const http::Respond& respond);
    void revoke(const std::string& name, const http::Request& request, const http::Respond& respond);
    void quarantine(const std::string& name, const http::Request& request, const http::Respond& respond);
    void release(const std::string& name, const http::Request& request, const http::Respond& respond);
    /// Answers with the node as it is then.
    [[nodiscard]] std::function<void(const Result<>&)> answer_with(const NodeId& id,
                                                                   const http::Respond& respond) const;
    // admin_release.cpp
    void roll_back(const std::string& number, const http::Request& request, const http::Respond& respond);
    void pin(const http::Request& request, const http::Respond& respond);
    void unpin(const http::Respond& respond);
    void promote(const http::Request& request, const http::Respond& respond);
    /// Answers with the newest version as it is then.
    [[nodiscard]] std::function<void(const Result<>&)> answer_with_newest(const http::Respond& respond) const;
    void verify(const std::string& number, const http::Respond& respond);
    void fsck(const http::Respond& respond);
    void prove_journal(const http::Request& request, const http::Respond& respond);
    void list_entries(const http::Request& request, const http::Respond& respond) const;
    void export_model(const std::string& number, const http::Request& request, const http::Respond& respond);
    /// By id, or by a name that only one node has.
    [[nodiscard]] Result<const Node*> find_node(const std::string& id_or_name) const;

    AdminHost& host_;
};

}  // namespace skerry::coordinator
