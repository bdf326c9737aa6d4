import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { BrowserRouter, Navigate, Route, Routes } from 'react-router';
import { ApiError } from '../api/http.ts';
import { Loading } from '../parts/loading.tsx';
import { Crash } from './crash.tsx';
import { Layout } from './layout.tsx';
import { LiveUpdates } from './live-updates.tsx';
import { MissingPage } from './missing-page.tsx';
import { SignedIn } from './session.tsx';

/** Pages by their paths. Each is loaded when it is first seen. */
const PAGES = [
  {
    path: 'stages/:stage',
    page: lazy(async () => ({ default: (await import('../pages/servers/stage-page.tsx')).StagePage })),
  },
  {
    path: 'servers/:uuid/:tab?',
    page: lazy(async () => ({ default: (await import('../pages/server/server-page.tsx')).ServerPage })),
  },
  {
    path: 'racks',
    page: lazy(async () => ({ default: (await import('../pages/racks/rack-page.tsx')).RackPage })),
  },
  {
    path: 'attention',
    page: lazy(async () => ({
      default: (await import('../pages/attention/attention-page.tsx')).AttentionPage,
    })),
  },
  {
    path: 'baremetal',
    page: lazy(async () => ({
      default: (await import('../pages/baremetal/baremetal-list.tsx')).BaremetalList,
    })),
  },
  {
    path: 'orders',
    page: lazy(async () => ({ default: (await import('../pages/orders/order-list.tsx')).OrderList })),
  },
  {
    path: 'orders/new',
    page: lazy(async () => ({ default: (await import('../pages/orders/new-order.tsx')).NewOrder })),
  },
  {
    path: 'orders/:order',
    page: lazy(async () => ({ default: (await import('../pages/orders/order-page.tsx')).OrderPage })),
  },
  {
    path: 'schedules',
    page: lazy(async () => ({
      default: (await import('../pages/schedules/schedule-list.tsx')).ScheduleList,
    })),
  },
  {
    path: 'schedules/new',
    page: lazy(async () => ({ default: (await import('../pages/schedules/new-schedule.tsx')).NewSchedule })),
  },
  {
    path: 'schedules/:schedule',
    page: lazy(async () => ({
      default: (await import('../pages/schedules/schedule-page.tsx')).SchedulePage,
    })),
  },
  {
    path: 'certificates',
    page: lazy(async () => ({
      default: (await import('../pages/certificates/certificate-list.tsx')).CertificateList,
    })),
  },
  {
    path: 'isos',
    page: lazy(async () => ({ default: (await import('../pages/isos/iso-page.tsx')).IsoPage })),
  },
  {
    path: 'audit',
    page: lazy(async () => ({ default: (await import('../pages/audit/audit-page.tsx')).AuditPage })),
  },
  {
    path: 'notices',
    page: lazy(async () => ({ default: (await import('../pages/notices/notices-page.tsx')).NoticesPage })),
  },
  {
    path: 'reports',
    page: lazy(async () => ({ default: (await import('../pages/reports/reports-page.tsx')).ReportsPage })),
  },
  {
    path: 'quotas',
    page: lazy(async () => ({ default: (await import('../pages/quotas/quotas-page.tsx')).QuotasPage })),
  },
  {
    path: 'admin/:table',
    page: lazy(async () => ({ default: (await import('../pages/tables/table-page.tsx')).TablePage })),
  },
] as const;

const RETRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // What the service refuses it refuses again.
      retry: (failures, error) =>
        failures < RETRIES && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
    },
    mutations: { retry: false },
  },
});

export function App() {
  return (
    <QueryClientProvider client={client}>
      <BrowserRouter basename="/portal">
        <Crash>
          <SignedIn>
            <LiveUpdates>
              <Layout>
                <Suspense fallback={<Loading />}>
                  <Routes>
                    <Route index element={<Navigate to="/stages/in-use" replace />} />
                    {PAGES.map(({ path, page: Page }) => (
                      <Route key={path} path={path} element={<Page />} />
                    ))}
                    <Route path="*" element={<MissingPage />} />
                  </Routes>
                </Suspense>
              </Layout>
            </LiveUpdates>
          </SignedIn>
        </Crash>
      </BrowserRouter>
    </QueryClientProvider>
  );
}
