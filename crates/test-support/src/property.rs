//! Properties that hold for every input, tried on a running service with inputs made up by proptest.

use std::fmt::Debug;
use std::sync::Arc;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::Service;

/// Runs `check`, which panics where the property does not hold, on that many inputs. Of those that fail the smallest
/// is shown. `strategy` makes the inputs; not every strategy may change threads, so it is made where it is used.
pub async fn property<S>(
    service: Service,
    inputs: u32,
    strategy: impl FnOnce() -> S + Send + 'static,
    check: impl AsyncFn(&Service, S::Value) + Send + 'static,
) where
    S: Strategy<Value: Debug>,
{
    let service = Arc::new(service);
    let (shared, runtime) = (Arc::clone(&service), Handle::current());
    // proptest is not asynchronous; the test's own thread serves the connections meanwhile.
    let outcome = spawn_blocking(move || {
        let config = Config { cases: inputs, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
        let outcome = TestRunner::new(config).run(&strategy(), |input| {
            runtime.block_on(check(&shared, input));
            Ok(())
        });
        outcome.map_err(|fault| fault.to_string())
    });
    if let Err(fault) = outcome.await.expect("proptest catches panics") {
        panic!("{fault}");
    }
}
