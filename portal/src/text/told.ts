import { catalogue } from './catalogue.ts';

/** What the service tells by codes: why a tool cannot be used now, why a server needs somebody, what to do next. */
export const told = catalogue(
  {
    'refusal.disposed': 'The server was disposed of.',
    'refusal.looks-only': 'Your role only looks: it takes the role “member” in the project.',
    'refusal.provider-maintenance': 'The provider maintains the server.',
    'refusal.stage': 'Not possible in the stage {{stage}}, only in: {{stages}}.',
    'refusal.stage-maintenance-first':
      'Not possible in the stage {{stage}}, only in: {{stages}}. Move the server to maintenance first.',
    'refusal.quarantined': 'It is in quarantine already.',
    'refusal.not-quarantined': 'It is not in quarantine.',
    'refusal.busy': 'It has to wait: other work has the server ({{state}}).',
    'refusal.provision-state': 'Not possible in the provision state {{state}}.',
    'reason.state-failed': 'The work on it failed: it is in the state {{state}}.',
    'reason.state-held': 'The work on it holds: it is in the state {{state}}.',
    'reason.stalled': 'Its deploy makes no progress: look at its console, or abort the deploy.',
    'reason.fault': 'It was taken out of work: {{fault}}.',
    'reason.quarantine': 'It is in quarantine, and goes into stock only once it is released.',
    'reason.critical': 'Its hardware reports a critical condition.',
    'reason.troubled': 'The last thing that was tried with it failed: see its timeline.',
    'next.queued': 'Nothing: a conductor of its group takes it. If none does, see that one runs.',
    'next.wait-heartbeat':
      'The ramdisk on the server has to report. If it does not, look at the console; “abort” ends the wait.',
    'next.wait-inspection':
      'The ramdisk on the server has to send what it found. If it does not, look at the console; “abort” ends the wait.',
    'next.wait-installed':
      'The system that the server boots has to say that it is installed. If it does not, look at the console; “abort” ends the wait.',
    'next.wait-unhold': 'Send “unhold” to go on, or “abort”.',
    'next.wait-timer': 'Nothing: it goes on by itself.',
    'next.start-anew': 'Do what the cause says, then start anew.',
    'next.maintenance': 'The node is in maintenance: end that first.',
    'next.verbs': 'From “{{state}}” the node takes: {{verbs}}.',
    'told.until': 'until {{until}}',
  },
  {
    'refusal.looks-only': '閲覧のみのロールです。実行にはプロジェクトの member ロールが必要です。',
    'refusal.disposed': '除却済みのサーバーです。',
    'refusal.provider-maintenance': '提供者がメンテナンス中です。',
    'refusal.stage': 'ステージ「{{stage}}」では実行できません。実行できるステージ: {{stages}}。',
    'refusal.stage-maintenance-first':
      'ステージ「{{stage}}」では実行できません。実行できるステージ: {{stages}}。先にメンテナンスへ移行してください。',
    'refusal.quarantined': 'すでに隔離されています。',
    'refusal.not-quarantined': '隔離されていません。',
    'refusal.busy': '他の処理が実行中のため待機が必要です ({{state}})。',
    'refusal.provision-state': '状態 {{state}} では実行できません。',
    'reason.state-failed': '処理が失敗しました。状態: {{state}}。',
    'reason.state-held': '処理が保留されています。状態: {{state}}。',
    'reason.stalled': 'デプロイが進んでいません。コンソールを確認するか、デプロイを中止してください。',
    'reason.fault': '運用から外されました: {{fault}}。',
    'reason.quarantine': '隔離中です。解除されるまで在庫に入りません。',
    'reason.critical': 'ハードウェアが重大な異常を報告しています。',
    'reason.troubled': '最後の処理が失敗しました。タイムラインを確認してください。',
    'next.queued':
      '対応は不要です。グループのコンダクターが処理します。処理されない場合はコンダクターの稼働を確認してください。',
    'next.wait-heartbeat':
      'サーバー上の RAM ディスクからの報告を待っています。届かない場合はコンソールを確認してください。abort で待機を終了します。',
    'next.wait-inspection':
      'サーバー上の RAM ディスクからの検査結果を待っています。届かない場合はコンソールを確認してください。abort で待機を終了します。',
    'next.wait-installed':
      '起動したシステムからのインストール完了報告を待っています。届かない場合はコンソールを確認してください。abort で待機を終了します。',
    'next.wait-unhold': 'unhold で再開するか、abort で中止してください。',
    'next.wait-timer': '対応は不要です。自動的に再開します。',
    'next.start-anew': '原因に対処してから、再度実行してください。',
    'next.maintenance': 'ノードはメンテナンス中です。先に終了してください。',
    'next.verbs': '「{{state}}」から実行できる操作: {{verbs}}。',
    'told.until': '{{until}} まで',
  },
);
