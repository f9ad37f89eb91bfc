//! A trading day with the official Rust SDK, unmodified: `client URL CONTROL_URL`.
//!
//! Prints one JSON line per step: `{"step": ..., "error": null}` or what did not hold. The SDK has no way to name a server
//! of one's own but to replace the base URL of its clients, and its market orders refuse such a URL: they are placed here
//! as what they are, orders that are filled at once or not at all.

use std::{collections::HashMap, error::Error, future::Future, time::Duration};

use ethers::{
    signers::{LocalWallet, Signer},
    types::H160,
};
use hyperliquid_rust_sdk::{
    BaseUrl, ClientCancelRequest, ClientCancelRequestCloid, ClientLimit, ClientModifyRequest, ClientOrder,
    ClientOrderRequest, ClientTrigger, ExchangeClient, ExchangeDataStatus, ExchangeResponseStatus, InfoClient, Message,
    Subscription, UserData,
};
use serde_json::{json, Value};
use tokio::{
    sync::mpsc::{unbounded_channel, UnboundedReceiver},
    time::{sleep, timeout, Instant},
};
use uuid::Uuid;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const PATIENCE: Duration = Duration::from_secs(20);
const KEY: &str = "3333333333333333333333333333333333333333333333333333333333333333";
const USDC: &str = "USDC:0x6d1e7cde53ba9467b783cb7c530ce054";
const CHANNELS: [&str; 11] = [
    "AllMids",
    "WebData2",
    "Candle",
    "L2Book",
    "Trades",
    "OrderUpdates",
    "User",
    "UserFills",
    "UserFundings",
    "UserNonFundingLedgerUpdates",
    "ActiveAssetCtx",
];

macro_rules! check {
    ($held:expr, $($what:tt)*) => {
        if !$held { return Err(format!($($what)*).into()); }
    };
}

struct Day {
    control: String,
    info: InfoClient,
    exchange: ExchangeClient,
    user: H160,
    arriving: UnboundedReceiver<Message>,
    arrived: Vec<Message>,
    subscriptions: Vec<u32>,
    cloids: u128,
}

impl Day {
    async fn starts(url: &str, control: &str) -> Outcome<Day> {
        let mut info = InfoClient::with_reconnect(None, Some(BaseUrl::Localhost)).await?;
        info.http_client.base_url = url.to_string();
        let exchange = exchange(url, KEY).await?;
        check!(exchange.coin_to_asset["ETH"] == 1, "ETH is asset {}", exchange.coin_to_asset["ETH"]);
        check!(exchange.coin_to_asset["PURR/USDC"] == 10_000, "PURR/USDC is something else");
        let (_, arriving) = unbounded_channel();
        let user = exchange.wallet.address();
        let control = control.to_string();
        Ok(Day { control, info, exchange, user, arriving, arrived: vec![], subscriptions: vec![], cloids: 0 })
    }

    async fn subscribes(&mut self) -> Outcome {
        let (user, coin) = (self.user, || "BTC".to_string());
        let (sender, arriving) = unbounded_channel();
        self.arriving = arriving;
        for subscription in [
            Subscription::AllMids,
            Subscription::WebData2 { user },
            Subscription::Candle { coin: coin(), interval: "1m".to_string() },
            Subscription::L2Book { coin: coin() },
            Subscription::Trades { coin: coin() },
            Subscription::OrderUpdates { user },
            Subscription::UserEvents { user },
            Subscription::UserFundings { user },
            Subscription::UserNonFundingLedgerUpdates { user },
            Subscription::ActiveAssetCtx { coin: coin() },
            Subscription::Notification { user },
            Subscription::UserFills { user },
        ] {
            self.subscriptions.push(self.info.subscribe(subscription, sender.clone()).await?);
        }
        // The last one has a snapshot: when that came, all are in effect.
        let is_snapshot =
            |message: &Message| matches!(message, Message::UserFills(fills) if fills.data.is_snapshot == Some(true));
        self.wait_for("the snapshot of userFills", is_snapshot).await
    }

    async fn places(&mut self) -> Outcome {
        let oid = self.place(1500.0, None).await?;
        check!(self.open_oids().await?.contains(&oid), "{oid} is not open");
        let found = self.info.query_order_by_oid(self.user, oid).await?;
        check!(found.order.as_ref().is_some_and(|order| order.status == "open"), "orderStatus answers {found:?}");
        self.expect(oid, &["open"]).await
    }

    async fn modifies(&mut self) -> Outcome {
        let old = self.place(1501.0, None).await?;
        let change = ClientModifyRequest { oid: old, order: order(1502.0, 0.1, None) };
        let new = resting(&statuses(self.exchange.modify(change, None).await?)?[0])?;
        check!(new != old, "the oid was kept");
        self.expect(old, &["open", "canceled"]).await?;
        self.expect(new, &["open"]).await
    }

    async fn cancels_by_oid(&mut self) -> Outcome {
        let oid = self.place(1503.0, None).await?;
        let cancel = || ClientCancelRequest { asset: "ETH".to_string(), oid };
        let first = statuses(self.exchange.cancel(cancel(), None).await?)?;
        check!(matches!(first[0], ExchangeDataStatus::Success), "{first:?}");
        self.expect(oid, &["open", "canceled"]).await?;
        let second = statuses(self.exchange.cancel(cancel(), None).await?)?;
        check!(
            matches!(&second[0], ExchangeDataStatus::Error(text) if text.starts_with("Order was never placed, already")),
            "{second:?}"
        );
        Ok(())
    }

    async fn cancels_by_cloid(&mut self) -> Outcome {
        let cloid = self.cloid();
        let oid = self.place(1504.0, Some(cloid)).await?;
        let cancel = ClientCancelRequestCloid { asset: "ETH".to_string(), cloid };
        let done = statuses(self.exchange.cancel_by_cloid(cancel, None).await?)?;
        check!(matches!(done[0], ExchangeDataStatus::Success), "{done:?}");
        self.expect(oid, &["open", "canceled"]).await
    }

    async fn trades_in_bulk(&mut self) -> Outcome {
        let orders = (0..3).map(|n| order(1505.0 + f64::from(n), 0.3, None)).collect();
        let placed = statuses(self.exchange.bulk_order(orders, None).await?)?;
        let oids: Vec<u64> = placed.iter().map(resting).collect::<Outcome<_>>()?;
        let cancels = oids.iter().map(|&oid| ClientCancelRequest { asset: "ETH".to_string(), oid }).collect();
        let canceled = statuses(self.exchange.bulk_cancel(cancels, None).await?)?;
        check!(canceled.iter().all(|each| matches!(each, ExchangeDataStatus::Success)), "{canceled:?}");
        for oid in oids {
            self.expect(oid, &["open", "canceled"]).await?;
        }
        Ok(())
    }

    async fn opens_and_closes_a_position(&mut self) -> Outcome {
        let mid: f64 = self.info.all_mids().await?["BTC"].parse()?;
        for (is_buy, held) in [(true, 1), (false, 0)] {
            let px = (mid * if is_buy { 1.05 } else { 0.95 }).round();
            let taking = ClientOrderRequest {
                asset: "BTC".to_string(),
                is_buy,
                reduce_only: !is_buy,
                limit_px: px,
                sz: 0.05,
                cloid: None,
                order_type: ClientOrder::Limit(ClientLimit { tif: "Ioc".to_string() }),
            };
            let status = statuses(self.exchange.order(taking, None).await?)?.remove(0);
            let ExchangeDataStatus::Filled(filled) = status else { return Err(format!("{status:?}").into()) };
            check!(filled.total_sz == "0.05", "{filled:?}");
            let state = self.info.user_state(self.user).await?;
            check!(state.asset_positions.len() == held, "{:?}", state.asset_positions);
            self.expect(filled.oid, &["open", "filled"]).await?;
            let oid = filled.oid;
            self.wait_for("the fill on userFills", |message| {
                matches!(message, Message::UserFills(fills) if fills.data.fills.iter().any(|fill| fill.oid == oid))
            })
            .await?;
            self.wait_for("the fill on userEvents", |message| {
                matches!(message, Message::User(event)
                    if matches!(&event.data, UserData::Fills(fills) if fills.iter().any(|fill| fill.oid == oid)))
            })
            .await?;
        }
        check!(self.info.user_fills(self.user).await?.len() == 2, "not two fills");
        Ok(())
    }

    async fn stops_its_losses(&mut self) -> Outcome {
        let stop = ClientOrderRequest {
            order_type: ClientOrder::Trigger(ClientTrigger {
                is_market: true,
                trigger_px: 1200.0,
                tpsl: "sl".to_string(),
            }),
            is_buy: false,
            ..order(1200.0, 0.2, None)
        };
        let placed = statuses(self.exchange.order(stop, None).await?)?;
        let oid = resting(&placed[0])?;
        self.expect(oid, &["open"]).await
    }

    async fn is_refused_with_the_exchanges_words(&mut self) -> Outcome {
        let small = statuses(self.exchange.order(order(1500.0, 0.001, None), None).await?)?;
        check!(
            matches!(&small[0], ExchangeDataStatus::Error(text) if text == "Order must have minimum value of $10. asset=1"),
            "{small:?}"
        );
        let referred = self.exchange.set_referrer("NOBODY".to_string(), None).await?;
        check!(matches!(referred, ExchangeResponseStatus::Err(_)), "{referred:?}");
        Ok(())
    }

    async fn trades_with_an_agent(&mut self) -> Outcome {
        let (key, approved) = self.exchange.approve_agent(None).await?;
        accepted(approved)?;
        let agent: LocalWallet = key.parse()?;
        let placed = statuses(self.exchange.order(order(1509.0, 0.2, None), Some(&agent)).await?)?;
        let oid = resting(&placed[0])?;
        check!(self.open_oids().await?.contains(&oid), "the order is not the account's");
        self.expect(oid, &["open"]).await
    }

    async fn moves_money(&mut self) -> Outcome {
        let friend = "0x4444444444444444444444444444444444444444";
        accepted(self.exchange.usdc_transfer("10", friend, None).await?)?;
        accepted(self.exchange.class_transfer(100.0, false, None).await?)?;
        accepted(self.exchange.spot_transfer("5", friend, USDC, None).await?)?;
        accepted(self.exchange.withdraw_from_bridge("10", &format!("{:?}", self.user), None).await?)?;
        let balances = self.info.user_token_balances(self.user).await?.balances;
        check!(balances.len() == 1 && balances[0].total == "1000095.0", "{balances:?}");
        for kind in ["InternalTransfer", "AccountClassTransfer", "SpotTransfer", "Withdraw"] {
            self.wait_for(kind, |message| {
                matches!(message, Message::UserNonFundingLedgerUpdates(updates)
                    if updates.data.non_funding_ledger_updates.iter().any(|row| format!("{:?}", row.delta).starts_with(kind)))
            })
            .await?;
        }
        Ok(())
    }

    async fn changes_leverage_and_margin(&mut self) -> Outcome {
        accepted(self.exchange.update_leverage(5, "BTC", true, None).await?)?;
        let refused = self.exchange.update_isolated_margin(1.0, "BTC", None).await?;
        check!(matches!(refused, ExchangeResponseStatus::Err(_)), "{refused:?}");
        Ok(())
    }

    async fn asks_everything(&mut self) -> Outcome {
        let (info, user, btc) = (&self.info, self.user, || "BTC".to_string());
        info.user_states(vec![user]).await?;
        info.user_fees(user).await?;
        info.spot_meta_and_asset_contexts().await?;
        info.funding_history(btc(), 1_500_000_000_000, None).await?;
        info.user_funding_history(user, 1_500_000_000_000, None).await?;
        check!(!info.recent_trades(btc()).await?.is_empty(), "no recent trades");
        check!(info.l2_snapshot(btc()).await?.levels.len() == 2, "no book");
        info.candles_snapshot(btc(), "1m".to_string(), 1_500_000_000_000, 4_000_000_000_000).await?;
        info.query_referral_state(user).await?;
        Ok(())
    }

    async fn was_sent_every_subscription(&mut self) -> Outcome {
        for channel in CHANNELS {
            self.wait_for(channel, |message| format!("{message:?}").starts_with(&format!("{channel}("))).await?;
        }
        Ok(())
    }

    async fn comes_back_after_a_cut(&mut self) -> Outcome {
        let held = self.holder().await?;
        let answer = self.ask("POST", &format!("connections/{:?}/abort", self.user)).await?;
        check!(answer["closed"] == 1, "{answer}");
        self.wait_for("the SDK's word for a lost connection", |message| matches!(message, Message::NoData)).await?;
        let began = Instant::now();
        while [None, held.clone()].contains(&self.holder().await?) {
            check!(began.elapsed() < PATIENCE, "it did not come back");
            sleep(Duration::from_millis(5)).await;
        }
        let oid = self.place(1510.0, None).await?;
        self.expect(oid, &["open"]).await
    }

    async fn unsubscribes(&mut self) -> Outcome {
        for subscription in std::mem::take(&mut self.subscriptions) {
            self.info.unsubscribe(subscription).await?;
        }
        let began = Instant::now();
        while self.holder().await?.is_some() {
            check!(began.elapsed() < PATIENCE, "it is still subscribed");
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// The connection that is subscribed to the user's order updates.
    async fn holder(&self) -> Outcome<Option<String>> {
        let registry = self.ask("GET", "registry").await?;
        Ok(registry["keys"][format!("orderUpdates:{:?}", self.user)][0].as_str().map(str::to_string))
    }

    async fn ask(&self, method: &str, path: &str) -> Outcome<Value> {
        let (client, url) = (&self.info.http_client.client, format!("{}/{path}", self.control));
        let request = if method == "GET" { client.get(url) } else { client.post(url) };
        Ok(serde_json::from_str(&request.send().await?.text().await?)?)
    }

    async fn place(&mut self, px: f64, cloid: Option<Uuid>) -> Outcome<u64> {
        resting(&statuses(self.exchange.order(order(px, 0.2, cloid), None).await?)?[0])
    }

    async fn open_oids(&self) -> Outcome<Vec<u64>> {
        Ok(self.info.open_orders(self.user).await?.iter().map(|order| order.oid).collect())
    }

    fn cloid(&mut self) -> Uuid {
        self.cloids += 1;
        Uuid::from_u128(0xC0FFEE_0000 + self.cloids)
    }

    /// Wait for the statuses that orderUpdates brings for an order: these, in this sequence.
    async fn expect(&mut self, oid: u64, wanted: &[&str]) -> Outcome {
        let mut found = self.updates(oid);
        while found.len() < wanted.len() {
            self.receive(&format!("{wanted:?} of {oid}")).await?;
            found = self.updates(oid);
        }
        check!(found == wanted, "{oid}: wanted {wanted:?}, got {found:?}");
        Ok(())
    }

    fn updates(&self, oid: u64) -> Vec<String> {
        let batches = self.arrived.iter().filter_map(|message| match message {
            Message::OrderUpdates(updates) => Some(&updates.data),
            _ => None,
        });
        batches.flatten().filter(|update| update.order.oid == oid).map(|update| update.status.clone()).collect()
    }

    async fn wait_for(&mut self, what: &str, is_met: impl Fn(&Message) -> bool) -> Outcome {
        while !self.arrived.iter().any(&is_met) {
            self.receive(what).await?;
        }
        Ok(())
    }

    async fn receive(&mut self, what: &str) -> Outcome {
        let message =
            timeout(PATIENCE, self.arriving.recv()).await.map_err(|_| format!("the stream did not bring {what}"))?;
        self.arrived.push(message.ok_or("the SDK has dropped its end")?);
        Ok(())
    }
}

async fn exchange(url: &str, key: &str) -> Outcome<ExchangeClient> {
    let mut info = InfoClient::new(None, Some(BaseUrl::Localhost)).await?;
    info.http_client.base_url = url.to_string();
    let meta = info.meta().await?;
    let perps = meta.universe.iter().zip(0..).map(|(asset, index)| (asset.name.clone(), index));
    let coin_to_asset = info.spot_meta().await?.add_pair_and_name_to_index_map(perps.collect::<HashMap<_, _>>());
    let wallet = key.parse()?;
    Ok(ExchangeClient { http_client: info.http_client, wallet, meta, vault_address: None, coin_to_asset })
}

fn order(px: f64, sz: f64, cloid: Option<Uuid>) -> ClientOrderRequest {
    ClientOrderRequest {
        asset: "ETH".to_string(),
        is_buy: true,
        reduce_only: false,
        limit_px: px,
        sz,
        cloid,
        order_type: ClientOrder::Limit(ClientLimit { tif: "Gtc".to_string() }),
    }
}

fn accepted(answer: ExchangeResponseStatus) -> Outcome {
    match answer {
        ExchangeResponseStatus::Ok(_) => Ok(()),
        ExchangeResponseStatus::Err(text) => Err(text.into()),
    }
}

fn statuses(answer: ExchangeResponseStatus) -> Outcome<Vec<ExchangeDataStatus>> {
    match answer {
        ExchangeResponseStatus::Ok(response) => Ok(response.data.ok_or("an answer without data")?.statuses),
        ExchangeResponseStatus::Err(text) => Err(text.into()),
    }
}

fn resting(status: &ExchangeDataStatus) -> Outcome<u64> {
    match status {
        ExchangeDataStatus::Resting(order) => Ok(order.oid),
        other => Err(format!("it does not rest: {other:?}").into()),
    }
}

async fn report<T>(step: &str, outcome: impl Future<Output = Outcome<T>>) -> Option<T> {
    let outcome = outcome.await;
    let error = outcome.as_ref().err().map(ToString::to_string);
    println!(r#"{{"step": {}, "error": {}}}"#, json!(step), json!(error));
    outcome.ok()
}

#[tokio::main]
async fn main() -> Outcome {
    let [url, control] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: client URL CONTROL_URL".into());
    };
    let Some(mut day) = report("starts", Day::starts(url, control)).await else { return Ok(()) };
    macro_rules! live_through {
        ($($step:ident),* $(,)?) => { $( report(stringify!($step), day.$step()).await; )* };
    }
    live_through!(
        subscribes,
        places,
        modifies,
        cancels_by_oid,
        cancels_by_cloid,
        trades_in_bulk,
        opens_and_closes_a_position,
        stops_its_losses,
        is_refused_with_the_exchanges_words,
        trades_with_an_agent,
        moves_money,
        changes_leverage_and_margin,
        asks_everything,
        was_sent_every_subscription,
        comes_back_after_a_cut,
        unsubscribes,
    );
    Ok(())
}
