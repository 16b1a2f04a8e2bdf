#include "daemon/account_questions.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace dn::daemon {
namespace {

template <class Item>
using Question = std::function<aws::ServiceResult<aws::Page<Item>>(const aws::Ec2Question&)>;

// Where a question goes on.
struct Place {
  std::size_t account = 0;            // one past the last: nobody is left
  std::optional<std::size_t> failed;  // the first account that did
  std::string token;                  // of `account`
};

std::string format_place(const Place& place) {
  const std::string failed = place.failed ? fmt::to_string(*place.failed) : "";
  return fmt::format("{}:{}:{}", place.account, failed, place.token);
}

// Up to the next colon, which is taken away with it.
std::optional<std::string_view> take_field(std::string_view& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view field = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return field;
}

std::optional<std::size_t> parse_number(std::string_view text, std::size_t most) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return {};
  return value;
}

// Nothing for what format_place() cannot have made of `accounts` accounts.
std::optional<Place> parse_place(std::string_view text, std::size_t accounts) {
  if (text.empty()) return Place{};
  const auto account = take_field(text);
  const auto failed = take_field(text);
  if (!account || !failed) return {};
  const auto number = parse_number(*account, accounts);
  if (!number) return {};
  Place place{*number, {}, std::string(text)};
  if (!failed->empty()) {
    if (*number == 0) return {};
    place.failed = parse_number(*failed, *number - 1);
    if (!place.failed) return {};
  }
  if (*number == accounts && (!place.failed || !text.empty())) return {};
  return place;
}

// One kind of question. Used by one thread.
template <class Item>
class InTurn {
 public:
  void add(std::string account, Question<Item> question) {
    accounts_.push_back({std::move(account), std::move(question), {}});
  }

  aws::ServiceResult<aws::Page<Item>> ask(aws::Ec2Question question) {
    const auto place = parse_place(question.next_token, accounts_.size());
    if (!place) return aws::odd_answer("a page's token is none of ours");
    if (place->account == accounts_.size()) {
      return tl::unexpected(accounts_[*place->failed].failure);
    }
    Account& account = accounts_[place->account];
    question.next_token = place->token;
    auto page = account.question(question);
    if (page && page->next_token.size() > kPageTokenMax) {
      page = aws::odd_answer("a page's token is too long");
    }
    if (!page) {
      account.failure = std::move(page.error());
      account.failure.of_a_part = true;
      if (!account.name.empty()) {
        account.failure.message =
            fmt::format("account {}: {}", account.name, account.failure.message);
      }
      page = aws::Page<Item>();
      page->next_token = after(place->account, place->failed.value_or(place->account));
    } else if (page->next_token.empty()) {
      page->next_token = after(place->account, place->failed);
    } else {
      page->next_token = format_place({place->account, place->failed, std::move(page->next_token)});
    }
    return page;
  }

 private:
  struct Account {
    std::string name;  // "": the gateway's own
    Question<Item> question;
    aws::ServiceError failure;  // the last one; valid once a token says that there was one
  };

  std::string after(std::size_t account, std::optional<std::size_t> failed) const {
    if (account + 1 == accounts_.size() && !failed) return {};
    return format_place({account + 1, failed, ""});
  }

  std::vector<Account> accounts_;
};

}  // namespace

CloudQuestions ask_accounts(CloudQuestions own, std::vector<AccountQuestions> others) {
  if (others.empty()) return own;
  const auto interfaces = std::make_shared<InTurn<aws::NetworkInterface>>();
  const auto groups = std::make_shared<InTurn<aws::SecurityGroup>>();
  interfaces->add("", std::move(own.interfaces));
  groups->add("", std::move(own.groups));
  for (AccountQuestions& other : others) {
    interfaces->add(other.account, std::move(other.interfaces));
    groups->add(other.account, std::move(other.groups));
  }
  own.interfaces = [interfaces](const aws::Ec2Question& question) {
    return interfaces->ask(question);
  };
  own.groups = [groups](const aws::Ec2Question& question) { return groups->ask(question); };
  return own;
}

}  // namespace dn::daemon
